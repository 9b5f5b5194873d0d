import type { VersionRange } from '../../model/version-range.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';

/** Returns ranges that together include what every one of the unions includes. All bounds must have an order. */
export function intersectAll(
  scheme: VersionScheme,
  unions: readonly (readonly VersionRange[])[],
): readonly VersionRange[] {
  let common: readonly VersionRange[] = [{}];
  for (const union of unions) {
    common = common.flatMap((a) => union.flatMap((b) => intersect(scheme, a, b)));
  }
  return common;
}

/** Returns the intersection of two ranges: one range or an empty list. */
function intersect(scheme: VersionScheme, a: VersionRange, b: VersionRange): readonly VersionRange[] {
  const lower = isLowerStricter(scheme, a, b) ? a : b;
  const upper = isUpperStricter(scheme, a, b) ? a : b;
  const range: VersionRange = {
    ...(lower.from !== undefined && { from: lower.from }),
    ...(lower.fromExcluded && { fromExcluded: true }),
    ...(upper.to !== undefined && { to: upper.to }),
    ...(upper.toIncluded && { toIncluded: true }),
  };
  return isEmpty(scheme, range) ? [] : [range];
}

function isLowerStricter(scheme: VersionScheme, a: VersionRange, b: VersionRange): boolean {
  if (a.from === undefined || b.from === undefined) return b.from === undefined;
  const order = scheme.compare(a.from, b.from) ?? 0;
  return order === 0 ? a.fromExcluded === true : order > 0;
}

function isUpperStricter(scheme: VersionScheme, a: VersionRange, b: VersionRange): boolean {
  if (a.to === undefined || b.to === undefined) return b.to === undefined;
  const order = scheme.compare(a.to, b.to) ?? 0;
  return order === 0 ? a.toIncluded !== true : order < 0;
}

function isEmpty(scheme: VersionScheme, { from, fromExcluded, to, toIncluded }: VersionRange): boolean {
  if (from === undefined || to === undefined) return false;
  const order = scheme.compare(from, to) ?? 0;
  return order === 0 ? fromExcluded === true || toIncluded !== true : order > 0;
}
