import { limits } from '../../core/limits.ts';
import { yieldToOthers } from '../../kit/async/yield.ts';
import type { Digest } from '../../model/digest.ts';
import type { TableChunk, TableFile } from './layer-table.ts';
import { type LayerRange, planRanges } from './range-plan.ts';
import { bytesBetween, readRanges, type StoredBytes, type StoredLayer } from './stored-layer.ts';
import { TableError } from './table-document.ts';

/** Ranges of a step that follows when a layer has used up its number. */
const rangesMin = 2;

/** Time for which the thread of the caller is blocked at a time, in milliseconds, if the files are small. */
const blockedMs = 50;

/** Returns the content of a file from its chunks as stored. Throws `TableError` unless the table of contents vouches for it. */
export type ReadContent = (file: TableFile, storedOf: (chunk: TableChunk) => Buffer) => Promise<Buffer>;

/** The table of contents of a layer, which was not fetched yet. */
export interface PinnedTable {
  /** The digest in the manifest that vouches for all that is read by the table. Undefined if it is not valid. */
  readonly pin: Digest | undefined;
  /**
   * Fetches the table. Returns undefined if there is none. Throws `TableError` if the layer must be fetched whole, and `registry-…` errors.
   */
  readonly open: () => Promise<PartialLayer | undefined>;
}

/** A layer of which only the wanted files are fetched. The table of contents vouches for each content. */
export class PartialLayer {
  /** The members of the layer in their order. */
  readonly files: readonly TableFile[];
  readonly #layer: StoredLayer;
  readonly #readContent: ReadContent;
  readonly #contents = new Map<TableFile, Buffer>();
  #fetchedBytes = 0;
  #fetchedRanges = 0;

  constructor(files: readonly TableFile[], layer: StoredLayer, readContent: ReadContent) {
    this.files = files;
    this.#layer = layer;
    this.#readContent = readContent;
  }

  /** Returns the content of a file that was fetched, or that is empty. A file with chunks may only be called empty: they have its header. */
  contentOf(file: TableFile): Buffer | undefined {
    return file.entry.size === 0 && file.chunks.length === 0 ? Buffer.alloc(0) : this.#contents.get(file);
  }

  /** Fetches files that were not fetched before. Throws `TableError` if the layer must be fetched whole, and `registry-…` errors. */
  async fetch(files: readonly TableFile[]): Promise<void> {
    const missing = files.filter((file) => file.chunks.length > 0 && !this.#contents.has(file));
    const chunks = missing.flatMap(({ chunks: ofFile }) => ofFile);
    const left = Math.max(rangesMin, limits.partialRangesPerLayer - this.#fetchedRanges);
    const rangesMax = Math.min(limits.partialRangesPerStep, left);
    const ranges = planRanges(chunks, { gapBytes: limits.partialGapBytes, rangesMax });
    this.#checkSizes(missing, ranges);
    const read = await readRanges(ranges, this.#layer);
    const storedOf = (chunk: TableChunk): Buffer => storedIn(read, chunk);
    await this.#readContents(missing, storedOf);
  }

  /** Reads the contents of files. Inflating blocks this thread, so other work runs in between. */
  async #readContents(files: readonly TableFile[], storedOf: (chunk: TableChunk) => Buffer): Promise<void> {
    let blockedSince = performance.now();
    for (const file of files) {
      this.#contents.set(file, await this.#readContent(file, storedOf));
      if (performance.now() - blockedSince < blockedMs) continue;
      await yieldToOthers();
      blockedSince = performance.now();
    }
  }

  /** Refuses to fetch most of a layer in parts, or to hold more than fits into memory. */
  #checkSizes(files: readonly TableFile[], ranges: readonly LayerRange[]): void {
    const bytes = ranges.reduce((sum, { offset, end }) => sum + end - offset, 0);
    this.#fetchedRanges += ranges.length;
    this.#fetchedBytes += bytes;
    if (this.#fetchedBytes > (this.#layer.sizeBytes * limits.partialSharePercent) / 100)
      throw new TableError('leads to most of the layer, so that it does not pay off');
    const held = [...this.#contents.keys(), ...files].reduce((sum, { entry }) => sum + entry.size, 0);
    if (Math.max(bytes, held) > limits.partialContentBytes)
      throw new TableError(`has wanted files of more than ${limits.partialContentBytes} bytes`);
  }
}

function storedIn(read: readonly StoredBytes[], chunk: TableChunk): Buffer {
  const stored = bytesBetween(chunk, read);
  if (stored === undefined) throw new Error('a chunk is in no range that was planned for it');
  return stored;
}
