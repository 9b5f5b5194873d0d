import type { Random } from '../../random.ts';

/** A mutation. Returns new bytes and does not change the given ones. */
export type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** Maximum size of an input in bytes. */
export const inputBytesMax: number = 64 * 1024;

/** Returns an offset in bytes of this length, possibly the end. */
export function placeIn(length: number, random: Random): number {
  return random.below(length + 1);
}

/** Returns a range of bytes, usually short and often aligned to blocks. */
export function stretchOf(bytes: Buffer, random: Random): readonly [from: number, to: number] {
  const unit = random.pick([1, 1, 1, 16, 512, 4096]);
  const units = Math.floor(bytes.length / unit);
  const from = placeIn(units, random) * unit;
  const length = unit * (1 + random.below(random.chance(0.8) ? 8 : Math.max(units, 1)));
  return [from, Math.min(from + length, bytes.length)];
}

/** Replaces the bytes from `from` to `to`. */
export function replaced(bytes: Buffer, from: number, to: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}
