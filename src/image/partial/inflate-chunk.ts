import { createHash } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { inflaterFor } from '../../kit/decompress/inflater-for.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../model/digest.ts';
import type { TableChunk } from './layer-table.ts';
import type { ReadContent } from './partial-layer.ts';
import { TableError } from './table-document.ts';

/** The compressions of layers that have a table of contents. */
export type TableCompression = 'gzip' | 'zstd';

/** Inflated bytes behind a chunk that the quick way accepts: headers of members without content. */
const headerBytesMax = 256 * 1024;

/** Whether bytes have a digest. */
export function hasDigest(bytes: Buffer, digest: Digest): boolean {
  return createHash(digestAlgorithm(digest)).update(bytes).digest('hex') === digestHex(digest);
}

/** Inflates a few bytes with one call, which is much quicker for small files. Returns undefined if that does not work. */
function inflateAtOnce(stored: Buffer, compression: TableCompression, size: number): Buffer | undefined {
  const inflate = compression === 'gzip' ? gunzipSync : zstdDecompressSync;
  try {
    const content = inflate(stored, { maxOutputLength: size + headerBytesMax });
    return content.length < size ? undefined : content.subarray(0, size);
  } catch {
    return undefined;
  }
}

/**
 * Inflates the start of compressed bytes, up to a size. The bytes behind it are not read: they are other content, or the header of the next
 * member. Throws `TableError` if there is less.
 */
export async function inflateStart(
  stored: Buffer,
  compression: TableCompression,
  size: number,
): Promise<Buffer> {
  const quick = inflateAtOnce(stored, compression, size);
  if (quick !== undefined) return quick;
  const content = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  const inflater = inflaterFor(compression, (bytes) => {
    filled += bytes.copy(content, filled);
    if (filled === size) throw new Error('enough was inflated');
  });
  try {
    await inflater.push(stored);
    await inflater.end();
  } catch (error) {
    if (filled < size) throw new TableError(`has damaged content: ${messageOf(error)}`, { cause: error });
  }
  if (filled < size) throw new TableError('states more content than there is');
  return content;
}

/** Returns the content of a chunk from its compressed bytes, in memory of its own. Throws `TableError` if it has another digest. */
export async function inflateChunk(
  stored: Buffer,
  compression: TableCompression,
  { innerOffset, size, digest }: TableChunk,
): Promise<Buffer> {
  if (innerOffset > limits.partialInnerBytes)
    throw new TableError(`has a file behind more than ${limits.partialInnerBytes} inflated bytes`);
  const inflated = await inflateStart(stored, compression, innerOffset + size);
  // The bytes before and behind the content are not kept.
  const content = Buffer.from(inflated.subarray(innerOffset));
  if (!hasDigest(content, digest))
    throw new TableError(`states the digest ${digest} for content that has another one`);
  return content;
}

/**
 * Returns a function that reads a file of a layer whose chunks are compressed by themselves and have digests of their content. The function throws
 * `TableError` if the layer asks for too much work: many files may share a member, which is inflated for each.
 */
export function chunkReader(compression: TableCompression): ReadContent {
  let bytesLeft: number = limits.partialContentBytes;
  return async ({ chunks }, storedOf) => {
    const contents: Buffer[] = [];
    for (const chunk of chunks) {
      bytesLeft -= chunk.innerOffset + chunk.size;
      if (bytesLeft < 0)
        throw new TableError(`leads to more than ${limits.partialContentBytes} inflated bytes`);
      contents.push(await inflateChunk(storedOf(chunk), compression, chunk));
    }
    const [only] = contents;
    return contents.length === 1 && only !== undefined ? only : Buffer.concat(contents);
  };
}
