import type { Random } from '../../random.ts';

/** A change of some bytes. It gives new bytes and leaves the old ones as they are. */
export type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** No input grows over this size. */
export const inputBytesMax: number = 64 * 1024;

/** A place in bytes of this length, which may be their end. */
export function placeIn(length: number, random: Random): number {
  return random.below(length + 1);
}

/** A stretch of bytes, mostly short, often on the borders of blocks. */
export function stretchOf(bytes: Buffer, random: Random): readonly [from: number, to: number] {
  const unit = random.pick([1, 1, 1, 16, 512, 4096]);
  const units = Math.floor(bytes.length / unit);
  const from = placeIn(units, random) * unit;
  const length = unit * (1 + random.below(random.chance(0.8) ? 8 : Math.max(units, 1)));
  return [from, Math.min(from + length, bytes.length)];
}

/** The bytes with those from `from` to `to` replaced. */
export function replaced(bytes: Buffer, from: number, to: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}
