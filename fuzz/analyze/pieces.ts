import { Random } from '../random.ts';

/** Splits bytes at offsets that depend only on the bytes, so that each run of an input is the same. */
export function inAnyPieces(bytes: Buffer): Buffer[] {
  const random = new Random(bytes.length * 31 + (bytes[bytes.length >> 1] ?? 0));
  const largest = bytes.length < 4000 ? random.pick([7, 100, 512]) : random.pick([200, 1000, 5000]);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + 1 + random.below(largest), bytes.length);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
