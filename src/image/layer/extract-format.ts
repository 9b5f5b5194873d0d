import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * Version of the format of extracts. Raised whenever an extract of the same layer may have other bytes for another reason than the
 * extensions. Extracts of other versions are not read.
 */
export const extractFormat = 1;

/** Bytes of a block before compression from which the next one begins. */
export const extractBlockBytes: number = 256 * 1024;

/**
 * Kinds of blocks: pieces of the archive, records of programs, the end with what is known of the layer as a whole, and checkpoints. Readers
 * skip blocks of other kinds.
 */
export const extractBlock = { pieces: 1, programs: 2, end: 3, checkpoints: 4 } as const;

/** A block of an extract. */
export interface ExtractBlock {
  readonly kind: number;
  readonly content: () => Buffer;
}

const magic = Buffer.from(`clair extract ${extractFormat}\n`);
/** Kind, size of the content, size as stored. */
const headBytes = 1 + 4 + 4;
/** Level 9 saves a tenth of the bytes. */
const compressionLevel = 3;

/** Returns the first bytes of an extract. */
export function extractStart(): Buffer {
  return magic;
}

/** Returns a compressed block. */
export function writeExtractBlock(kind: number, content: Buffer): Buffer {
  const stored = zstdCompressSync(content, {
    params: { [constants.ZSTD_c_compressionLevel]: compressionLevel },
  });
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(content.length, 1);
  head.writeUInt32BE(stored.length, 5);
  return Buffer.concat([head, stored]);
}

/** Yields the blocks of an extract. Throws if it is damaged, or of another format. */
export function* readExtractBlocks(extract: Buffer): Generator<ExtractBlock> {
  if (!extract.subarray(0, magic.length).equals(magic)) throw new Error('the extract has another format');
  for (let at = magic.length; at < extract.length; ) {
    const [size, storedSize] = [extract.readUInt32BE(at + 1), extract.readUInt32BE(at + 5)];
    const stored = extract.subarray(at + headBytes, at + headBytes + storedSize);
    yield {
      kind: extract.readUInt8(at),
      content: () => zstdDecompressSync(stored, { maxOutputLength: Math.max(size, 1) }),
    };
    at += headBytes + storedSize;
  }
}
