import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Digest } from '../../../src/model/digest.ts';

/** Compression of a layer. */
export type Storage = 'none' | 'gzip' | 'zstd';

const compressors: Readonly<Record<Storage, (bytes: Uint8Array) => Uint8Array>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes, { level: bytes.length > 1024 * 1024 ? 6 : 9 }),
  zstd: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
};

/**
 * Writes a large layer quickly: each piece becomes a gzip member or zstd frame, and a repeated piece is compressed
 * once. Returns the digest of the written bytes.
 */
export function writeLayer(path: string, storage: Storage, pieces: Iterable<Uint8Array>): Digest {
  const compressed = new WeakMap<Uint8Array, Uint8Array>();
  const hash: Hash = createHash('sha256');
  const file = openSync(path, 'w');
  try {
    for (const piece of pieces) {
      const bytes = compressed.get(piece) ?? compressors[storage](piece);
      compressed.set(piece, bytes);
      hash.update(bytes);
      writeSync(file, bytes);
    }
  } finally {
    closeSync(file);
  }
  return `sha256:${hash.digest('hex')}` as Digest;
}
