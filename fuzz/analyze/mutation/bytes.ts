import type { Random } from '../../random.ts';
import { inputBytesMax, type Mutation, placeIn, replaced, stretchOf } from './mutation.ts';

const flipBits: Mutation = (bytes, random) => {
  const changed = Buffer.from(bytes);
  for (let count = 1 + random.below(4); count > 0 && changed.length > 0; count--) {
    const place = random.below(changed.length);
    changed[place] = (changed[place] ?? 0) ^ (1 << random.below(8));
  }
  return changed;
};

const setByte: Mutation = (bytes, random) => {
  const changed = Buffer.from(bytes);
  if (changed.length > 0)
    changed[random.below(changed.length)] = random.pick([0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x0a]);
  return changed;
};

const cut: Mutation = (bytes, random) => Buffer.from(bytes.subarray(0, placeIn(bytes.length, random)));

const remove: Mutation = (bytes, random) => {
  const [from, to] = stretchOf(bytes, random);
  return replaced(bytes, from, to, Buffer.alloc(0));
};

const duplicate: Mutation = (bytes, random) => {
  const [from, to] = stretchOf(bytes, random);
  return replaced(bytes, to, to, bytes.subarray(from, to));
};

/** Repeats a range as often as the size limit allows. Reveals code that is slow for many items. */
const repeat: Mutation = (bytes, random) => {
  const [from, to] = stretchOf(bytes, random);
  const capacity = Math.max(inputBytesMax - bytes.length, 0);
  const wanted = (to - from) * (2 + random.below(random.chance(0.9) ? 16 : 65536));
  const length = Math.min(capacity, wanted);
  return to === from || length === 0
    ? bytes
    : replaced(bytes, to, to, Buffer.alloc(length, bytes.subarray(from, to)));
};

const overlay: Mutation = (bytes, random) => {
  const [from, to] = stretchOf(bytes, random);
  const changed = Buffer.from(bytes);
  bytes.copy(changed, placeIn(bytes.length, random), from, to);
  return changed;
};

const insertRandom: Mutation = (bytes, random) => {
  const place = placeIn(bytes.length, random);
  return replaced(
    bytes,
    place,
    place,
    Buffer.from(Array.from({ length: 1 + random.below(16) }, () => random.below(256))),
  );
};

const fill: Mutation = (bytes, random) => {
  const [from, to] = stretchOf(bytes, random);
  return Buffer.from(bytes).fill(random.pick([0, 0x20, 0x30, 0xff]), from, to);
};

/**
 * Writes a number of 1 to 8 bytes that readers must expect: limits of integer types, and offsets in the file itself, which create cycles.
 */
const overwriteNumber: Mutation = (bytes, random) => {
  const width = random.pick([1, 2, 4, 4, 4, 8]);
  if (bytes.length < width) return bytes;
  const unit = random.pick([1, 1, 2, 4, 4]);
  const place = Math.floor(random.below(bytes.length - width + 1) / unit) * unit;
  return writeNumber(bytes, place, width, random);
};

/** Writes an interesting number of `width` bytes at an offset, in either byte order. */
export function writeNumber(bytes: Buffer, place: number, width: number, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  const value = BigInt.asUintN(8 * width, interesting(bytes, place, random));
  const hex = value.toString(16).padStart(2 * width, '0');
  const field = Buffer.from(hex, 'hex');
  changed.set(random.chance(0.5) ? field : field.reverse(), place);
  return changed;
}

function interesting(bytes: Buffer, place: number, random: Random): bigint {
  const unit = random.pick([1, 16, 512, 1024, 4096]);
  return BigInt(
    random.pick([
      random.pick([0, 1, 2, 3, -1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff]),
      random.pick([0x7fffffff, 0x80000000, 0xffffffff, 0x0fffffff, 0x10000000, Number.MAX_SAFE_INTEGER]),
      Math.floor(place / unit),
      Math.floor(placeIn(bytes.length, random) / unit),
      random.below(32),
      bytes.length + random.below(9) - 4,
    ]),
  );
}

/** Mutations of bytes that need no knowledge of the format. */
export const byteMutations: readonly Mutation[] = [
  flipBits,
  setByte,
  cut,
  remove,
  duplicate,
  repeat,
  overlay,
  insertRandom,
  fill,
  overwriteNumber,
  overwriteNumber,
  overwriteNumber,
];
