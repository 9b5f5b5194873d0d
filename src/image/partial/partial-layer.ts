import { limits } from '../../core/limits.ts';
import { inflateChunk, type TableCompression } from './inflate-chunk.ts';
import type { TableFile } from './layer-table.ts';
import { type LayerRange, planRanges } from './range-plan.ts';
import { bytesBetween, readRanges, type StoredBytes, type StoredLayer } from './stored-layer.ts';
import { TableError } from './table-document.ts';

/** Ranges of a step that follows when a layer has used up its number. */
const rangesMin = 2;

/** A layer of which only the wanted files are fetched. Each content has the digest that the table of contents states. */
export class PartialLayer {
  /** The members of the layer in their order. */
  readonly files: readonly TableFile[];
  readonly #layer: StoredLayer;
  readonly #compression: TableCompression;
  readonly #contents = new Map<TableFile, Buffer>();
  #fetchedBytes = 0;
  #fetchedRanges = 0;

  constructor(files: readonly TableFile[], layer: StoredLayer, compression: TableCompression) {
    this.files = files;
    this.#layer = layer;
    this.#compression = compression;
  }

  /** Returns the content of a file that was fetched, or that is empty. */
  contentOf(file: TableFile): Buffer | undefined {
    return file.entry.size === 0 ? Buffer.alloc(0) : this.#contents.get(file);
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
    for (const file of missing) this.#contents.set(file, await this.#inflate(file, read));
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

  async #inflate({ chunks }: TableFile, read: readonly StoredBytes[]): Promise<Buffer> {
    const contents: Buffer[] = [];
    for (const chunk of chunks) {
      const stored = bytesBetween(chunk, read);
      if (stored === undefined) throw new Error('a chunk is in no range that was planned for it');
      contents.push(await inflateChunk(stored, this.#compression, chunk));
    }
    const [only] = contents;
    return contents.length === 1 && only !== undefined ? only : Buffer.concat(contents);
  }
}
