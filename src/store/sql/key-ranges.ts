import type { KeyRange } from '../../plugin/version-scheme.ts';

/** Merges ranges into the fewest with the same keys, rising and with gaps between them. Drops empty ranges. */
export function mergeRanges(ranges: readonly KeyRange[]): KeyRange[] {
  const rising = ranges
    .filter(({ lo, hi }) => Buffer.compare(lo, hi) < 0)
    .sort((a, b) => Buffer.compare(a.lo, b.lo));
  const merged: KeyRange[] = [];
  for (const range of rising) {
    const last = merged.at(-1);
    if (last === undefined || Buffer.compare(last.hi, range.lo) < 0) merged.push(range);
    else if (Buffer.compare(last.hi, range.hi) < 0) merged[merged.length - 1] = { lo: last.lo, hi: range.hi };
  }
  return merged;
}

/** Returns whether a range contains a key. */
export function rangeContains({ lo, hi }: KeyRange, key: Uint8Array): boolean {
  return Buffer.compare(lo, key) <= 0 && Buffer.compare(key, hi) < 0;
}
