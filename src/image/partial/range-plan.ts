/** A range of the stored bytes of a layer; `end` is the offset behind it. */
export interface LayerRange {
  readonly offset: number;
  readonly end: number;
}

/** Bounds of a plan. */
export interface RangeBounds {
  /** Unneeded bytes that are fetched rather than asking again: what a usual link carries in a round trip. */
  readonly gapBytes: number;
  /** Maximum number of ranges. The smallest gaps are fetched, too, until no more are left. */
  readonly rangesMax: number;
}

/** Joins ranges whose gaps are small, so that few requests are needed. Returns ranges in order that do not overlap. */
export function planRanges(
  wanted: readonly LayerRange[],
  { gapBytes, rangesMax }: RangeBounds,
): readonly LayerRange[] {
  const ranges = joined(wanted, gapBytes);
  if (ranges.length <= rangesMax) return ranges;
  const gaps = ranges.slice(1).map(({ offset }, i) => offset - (ranges[i]?.end ?? 0));
  const largest = [...gaps].sort((a, b) => b - a).slice(0, rangesMax - 1);
  const smallestKept = largest.at(-1) ?? Number.POSITIVE_INFINITY;
  return joined(ranges, smallestKept - 1).length <= rangesMax
    ? joined(ranges, smallestKept - 1)
    : joined(ranges, smallestKept);
}

function joined(ranges: readonly LayerRange[], gapBytes: number): LayerRange[] {
  const sorted = [...ranges].sort((a, b) => a.offset - b.offset);
  const result: LayerRange[] = [];
  for (const { offset, end } of sorted) {
    const last = result.at(-1);
    if (last !== undefined && offset - last.end <= gapBytes)
      result[result.length - 1] = { offset: last.offset, end: Math.max(last.end, end) };
    else result.push({ offset, end });
  }
  return result;
}
