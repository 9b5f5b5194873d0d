import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { compressionOf } from '../../../src/kit/decompress/compression.ts';
import type { Random } from '../../random.ts';
import { byteMutations } from './bytes.ts';
import { type Mutation, placeIn } from './mutation.ts';

const inflatedBytesMax = 1024 * 1024;

/** Applies mutations to the decompressed content, and compresses it again as gzip, zstd or not at all. */
export function within(mutations: readonly Mutation[]): readonly Mutation[] {
  return mutations.map((mutation) => (bytes, random) => compress(mutation(inflate(bytes), random), random));
}

function inflate(bytes: Buffer): Buffer {
  const options = { maxOutputLength: inflatedBytesMax };
  try {
    const compression = compressionOf(bytes);
    if (compression === 'gzip') return gunzipSync(bytes, options);
    return compression === 'zstd' ? zstdDecompressSync(bytes, options) : bytes;
  } catch {
    return bytes;
  }
}

function compress(bytes: Buffer, random: Random): Buffer {
  const kind = random.pick(['gzip', 'zstd', 'none', 'members'] as const);
  if (kind === 'none') return bytes;
  const pack = kind === 'gzip' || random.chance(0.5) ? gzipSync : zstdCompressSync;
  if (kind !== 'members') return pack(bytes, {});
  const place = placeIn(bytes.length, random);
  return Buffer.concat([pack(bytes.subarray(0, place)), pack(bytes.subarray(place))]);
}

/** Appends empty members, frames of other applications, or trailing bytes. */
const appendMember: Mutation = (bytes, random) =>
  Buffer.concat([
    bytes,
    random.pick([
      gzipSync(''),
      zstdCompressSync(''),
      gzipSync(Buffer.alloc(100_000)),
      Buffer.from('504d2a1800000000', 'hex'),
      Buffer.from('5f4d2a18ffffffff', 'hex'),
      Buffer.alloc(1 + random.below(600)),
      Buffer.from('1f8b', 'hex'),
      Buffer.from('28b52ffd', 'hex'),
    ]),
  ]);

/** Mutations of the data after a compressed stream. */
export const appendingMutations: readonly Mutation[] = [appendMember, appendMember];

/** Mutations of compressed streams. */
export const streamMutations: readonly Mutation[] = [...within(byteMutations), ...appendingMutations];
