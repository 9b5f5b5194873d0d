import { bytesFromBit } from '../../kit/decompress/split/begin-at-bit.ts';
import { inflateFromBit } from '../../kit/decompress/split/inflate-from-bit.ts';
import { blockBytes, hasValidChecksum, nameBytes, parseHeader } from '../../kit/tar/header.ts';
import { boundedPath } from '../../kit/tar/path.ts';
import type { TarEntry } from '../../kit/tar/walker.ts';
import { hasDigest } from './inflate-chunk.ts';
import type { TableChunk } from './layer-table.ts';
import type { ReadContent } from './partial-layer.ts';
import { TableError } from './table-document.ts';
import type { ZtocSpan } from './ztoc.ts';

/** Reads files from the spans of a layer. A chunk has the place of its span, and the content of a file has its header before it. */
export class SpanReader {
  readonly #spans: ReadonlyMap<number, ZtocSpan>;
  /** The span that was inflated last: files are read in their order, and many are in one span. */
  #inflated: { readonly span: ZtocSpan; readonly bytes: Buffer } | undefined;

  /** Throws `TableError` if two spans begin at one offset. */
  constructor(spans: readonly ZtocSpan[]) {
    this.#spans = new Map(spans.map((span) => [span.offset, span]));
    if (this.#spans.size < spans.length) throw new TableError('has two spans at one place');
  }

  /** Returns the content of a file. Throws `TableError` if a span has another digest, or if the archive has another file there. */
  readonly read: ReadContent = async ({ entry, chunks }, storedOf) => {
    const parts = chunks.map((chunk) =>
      this.#inflate(chunk, storedOf).subarray(chunk.innerOffset, chunk.innerOffset + chunk.size),
    );
    const bytes = Buffer.concat(parts);
    checkHeader(bytes, entry);
    return bytes.subarray(blockBytes);
  };

  #inflate(chunk: TableChunk, storedOf: (chunk: TableChunk) => Buffer): Buffer {
    const span = this.#spans.get(chunk.offset);
    if (span === undefined) throw new Error('a chunk is in no span');
    if (this.#inflated?.span !== span) this.#inflated = { span, bytes: inflateSpan(span, storedOf(chunk)) };
    return this.#inflated.bytes;
  }
}

function inflateSpan({ digest, tarOffset, tarEnd, checkpoint }: ZtocSpan, stored: Buffer): Buffer {
  if (!hasDigest(stored, digest))
    throw new TableError(`states the digest ${digest} for a span that has another one`);
  if (checkpoint === undefined) return stored;
  const { bits, window } = checkpoint;
  const prefix = bits === 0 ? Buffer.alloc(0) : bytesFromBit(8 - bits, stored[0] ?? 0);
  const bytes = Buffer.allocUnsafeSlow(tarEnd - tarOffset);
  // A span with the end of a member of gzip and the start of another one is not inflated further.
  if (!inflateFromBit(bytes, { prefix, window }, stored.subarray(bits === 0 ? 0 : 1)).isFull)
    throw new TableError('has a span that cannot be inflated');
  return bytes;
}

/**
 * Compares a file with its header in the archive. No digest pins the content of a file itself, so a wrong offset would give other bytes. A long name is not in this
 * header.
 */
function checkHeader(bytes: Buffer, { path, size }: TarEntry): void {
  const header = hasValidChecksum(bytes, 0) ? parseHeader(bytes, 0, 0) : undefined;
  const isLong = Buffer.byteLength(path) >= nameBytes;
  const isFile = header !== undefined && ['0', '\0', '7'].includes(header.flag) && header.size === size;
  if (!isFile || !(isLong || boundedPath(header.name) === path))
    throw new TableError('differs from the archive');
}
