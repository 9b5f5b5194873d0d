import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Random } from '../../random.ts';

/** How the archive of a layer ends and is stored. */
export interface Storage {
  readonly end: keyof typeof ends;
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** Number of positions at which the archive is split into compression members or frames. */
  readonly cuts: number;
  readonly trailer: keyof typeof trailers;
  /** The compression that the media type states. */
  readonly stated: 'none' | 'gzip' | 'zstd';
  readonly diffId: 'right' | 'wrong';
}

const ends = {
  marker: (archive: Buffer) => Buffer.concat([archive, Buffer.alloc(1024)]),
  record: (archive: Buffer) => Buffer.concat([archive, Buffer.alloc(10_240 - (archive.length % 10_240))]),
  none: (archive: Buffer) => archive,
  'one block': (archive: Buffer) => Buffer.concat([archive, Buffer.alloc(512)]),
  'cut short': (archive: Buffer) => archive.subarray(0, Math.max(archive.length - 300, 0)),
  'half a block': (archive: Buffer) => Buffer.concat([archive, Buffer.alloc(1024 + 100)]),
  'a few bytes': (archive: Buffer) => Buffer.concat([archive, Buffer.alloc(100)]),
  text: (archive: Buffer) => Buffer.concat([archive, Buffer.alloc(1024), Buffer.from('x'.repeat(700))]),
} as const;

const trailers = {
  none: Buffer.alloc(0),
  zeros: Buffer.alloc(64),
  text: Buffer.from('trailing text'),
  /** A skippable zstd frame. */
  'skippable frame': Buffer.from('502a4d1804000000deadbeef', 'hex'),
} as const;

/** Returns how a layer is stored. Plain layers are stored as common tools do it. */
export function anyStorage(random: Random, isPlain: boolean): Storage {
  const compression = random.pick(['none', 'none', 'gzip', 'gzip', 'zstd'] as const);
  const isOdd = !isPlain && random.chance(0.12);
  const plain: Storage = {
    end: random.pick(['marker', 'marker', 'record', 'none']),
    compression,
    cuts: compression === 'none' ? 0 : random.pick([0, 0, 0, 1, 2]),
    trailer: 'none',
    stated: compression,
    diffId: 'right',
  };
  if (!isOdd) return plain;
  return {
    ...plain,
    end: random.pick(Object.keys(ends) as (keyof typeof ends)[]),
    ...(random.chance(0.3) && { trailer: random.pick(Object.keys(trailers) as (keyof typeof trailers)[]) }),
    ...(random.chance(0.2) && { stated: random.pick(['none', 'gzip', 'zstd'] as const) }),
    ...(random.chance(0.1) && { diffId: 'wrong' as const }),
  };
}

/** Returns the archive of a layer with its end. */
export function endedArchive(pieces: readonly Buffer[], { end }: Storage): Buffer {
  return ends[end](Buffer.concat(pieces));
}

/** Returns the archive as stored. */
export function storedArchive(archive: Buffer, { compression, cuts, trailer }: Storage): Buffer {
  if (compression === 'none') return Buffer.concat([archive, trailers[trailer]]);
  const compress = compression === 'gzip' ? gzipSync : zstdCompressSync;
  const step = Math.ceil(archive.length / (cuts + 1)) || 1;
  const parts = Array.from({ length: cuts + 1 }, (_, i) => archive.subarray(i * step, (i + 1) * step));
  return Buffer.concat([...parts.map((part) => compress(part)), trailers[trailer]]);
}
