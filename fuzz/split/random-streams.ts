import { constants, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { SplitPlan } from '../../src/kit/decompress/split/split-plan.ts';
import type { Random } from '../random.ts';

const kib = 1024;

/** Returns a plan whose parts are small. In a fifth of the cases each, a bound is so tight that parts fail. */
export function randomPlan(random: Random): SplitPlan {
  const gridBytes = random.pick([1, 4, 16]) * kib;
  const bound = (usual: number): number => (random.chance(0.2) ? random.below(usual) : usual);
  return {
    gridBytes,
    partBytes: gridBytes * (1 + random.below(8)),
    aheadBytes: 1 + bound(512 * kib),
    searchBytes: 330 + bound(40 * kib),
    trialBytes: bound(4 * kib),
    unknownBytes: bound(1024 * kib),
  };
}

/** Returns a gzip stream of one or several members, or a zstd stream, in a third of the cases changed, cut or continued by other bytes. */
export function randomStream(random: Random): Buffer {
  const members = Array.from({ length: random.chance(0.2) ? 1 + random.below(4) : 1 }, () => member(random));
  const stream = random.chance(0.3) ? framed(random) : Buffer.concat(members);
  return random.chance(0.66) ? stream : damaged(stream, random);
}

function member(random: Random): Buffer {
  const content = randomContent(random, 3);
  if (random.chance(0.3)) return withFlushes(content, random);
  return gzipSync(content, {
    level: random.pick([0, 1, 6, 9]),
    memLevel: 1 + random.below(9),
    windowBits: 9 + random.below(7),
    strategy: random.pick([
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_HUFFMAN_ONLY,
      constants.Z_RLE,
      constants.Z_FIXED,
    ]),
  });
}

/** Returns zstd frames, some of which may be skipped. */
function framed(random: Random): Buffer {
  const content = randomContent(random, 3);
  const every = 1 + random.below(random.pick([kib, 20 * kib, 300 * kib]));
  const frames: Buffer[] = [];
  for (let at = 0; at < content.length || frames.length === 0; at += every) {
    const params = {
      [constants.ZSTD_c_compressionLevel]: random.pick([1, 3, 9]),
      [constants.ZSTD_c_checksumFlag]: random.below(2),
    };
    frames.push(zstdCompressSync(content.subarray(at, at + every), { params }));
    if (random.chance(0.1)) frames.push(skippableFrame(random.below(30 * kib)));
  }
  return Buffer.concat(frames);
}

function skippableFrame(size: number): Buffer {
  const head = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, Buffer.alloc(size, 7)]);
}

/** Returns a member of pieces between flushes, as parallel compressors write it. */
function withFlushes(content: Buffer, random: Random): Buffer {
  const every = 1 + random.below(100 * kib);
  const finishFlush = random.pick([
    constants.Z_SYNC_FLUSH,
    constants.Z_FULL_FLUSH,
    constants.Z_PARTIAL_FLUSH,
  ]);
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += every)
    pieces.push(deflateRawSync(content.subarray(at, at + every), { finishFlush }));
  const plain = gzipSync(content);
  return Buffer.concat([plain.subarray(0, 10), ...pieces, Buffer.from([3, 0]), plain.subarray(-8)]);
}

/** Returns text, zeros, random bytes, repetitions of them, and streams in the stream. */
function randomContent(random: Random, depth: number): Buffer {
  const pieces = Array.from({ length: 1 + random.below(5) }, () => randomPiece(random, depth));
  return Buffer.concat(pieces);
}

function randomPiece(random: Random, depth: number): Buffer {
  const size = random.below(random.pick([100, 10 * kib, 200 * kib]));
  switch (random.below(depth > 0 ? 6 : 4)) {
    case 0:
      return Buffer.alloc(size * 4, random.below(256));
    case 1:
      return Buffer.from(Array.from({ length: size }, () => random.below(256)));
    case 2:
      return words(random, size);
    case 3:
      return Buffer.alloc(size, words(random, 1 + random.below(40 * kib)));
    case 4:
      return gzipSync(randomContent(random, depth - 1));
    default:
      return deflateRawSync(randomContent(random, depth - 1), { finishFlush: constants.Z_SYNC_FLUSH });
  }
}

function words(random: Random, size: number): Buffer {
  const known = Array.from({ length: 1 + random.below(3000) }, () => random.below(2 ** 31).toString(36));
  let text = '';
  while (text.length < size) text += random.pick(known);
  return Buffer.from(text);
}

function damaged(stream: Buffer, random: Random): Buffer {
  if (random.chance(0.3)) return stream.subarray(0, 18 + random.below(stream.length));
  if (random.chance(0.3))
    return Buffer.concat([stream, Buffer.from(random.pick(['', '\0', '\0x', '\x1f', 'x']))]);
  const copy = Buffer.from(stream);
  for (let i = random.below(3); i >= 0; i--) copy[random.below(copy.length)] = random.below(256);
  return copy;
}
