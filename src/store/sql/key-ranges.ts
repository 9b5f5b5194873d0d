import type { KeyRange } from '../../plugin/version-scheme.ts';

/** The ranges as the fewest that hold the same keys, rising, with gaps between them; empty ones vanish. */
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

/** Whether a key lies in a range. */
export function rangeContains({ lo, hi }: KeyRange, key: Uint8Array): boolean {
  return Buffer.compare(lo, key) <= 0 && Buffer.compare(key, hi) < 0;
}
