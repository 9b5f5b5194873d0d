import type { VersionRange } from '../../model/version-range.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { collapseSpaces, hasOrder } from './comparators.ts';

const interval = / ?([[(]) ?([^ ,()[\]]*) ?(?:(,) ?([^ ,()[\]]*))? ?([\])]) ?,?/y;

/**
 * Parses ranges in the interval notation of Maven and NuGet, `[1.0,2.0),[3.1]`: a square bracket includes the bound, a
 * round one excludes it, and a missing bound is no limit. Returns undefined if the text is invalid.
 */
export function readBrackets(scheme: VersionScheme, text: string): readonly VersionRange[] | undefined {
  const ranges: VersionRange[] = [];
  const source = collapseSpaces(text);
  interval.lastIndex = 0;
  while (interval.lastIndex < source.length) {
    const parts = interval.exec(source);
    const range = parts === null ? undefined : rangeOf(parts);
    if (range === undefined || !hasOrder(scheme, range)) return undefined;
    ranges.push(range);
  }
  return ranges.length === 0 ? undefined : ranges;
}

function rangeOf([, open, from = '', comma, to = '', close]: RegExpExecArray): VersionRange | undefined {
  if (comma !== undefined) return { ...lower(from, open === '('), ...upper(to, close === ']') };
  return open === '[' && close === ']' && from !== '' ? { from, to: from, toIncluded: true } : undefined;
}

function lower(from: string, isExcluded: boolean): VersionRange {
  if (from === '') return {};
  return isExcluded ? { from, fromExcluded: true } : { from };
}

function upper(to: string, isIncluded: boolean): VersionRange {
  if (to === '') return {};
  return isIncluded ? { to, toIncluded: true } : { to };
}
