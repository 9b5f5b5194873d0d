import type { VersionRange } from '../../model/version-range.ts';

const interval = /\s*([[(])\s*([^\s,()[\]]*)\s*(?:(,)\s*([^\s,()[\]]*))?\s*([\])])\s*,?/y;

/**
 * Ranges in mathematical notation as Maven and NuGet write them, `[1.0,2.0),[3.1]`: a square bracket includes the bound, a
 * round one leaves it out, and no bound is no limit. Undefined when it cannot be read.
 */
export function readBrackets(text: string): readonly VersionRange[] | undefined {
  const ranges: VersionRange[] = [];
  const source = text.trim();
  interval.lastIndex = 0;
  while (interval.lastIndex < source.length) {
    const [, open, from = '', comma, to = from, close] = interval.exec(source) ?? [];
    if (open === undefined || (comma === undefined && (from === '' || open !== '[' || close !== ']')))
      return undefined;
    ranges.push({
      ...(from !== '' && { from }),
      ...(from !== '' && open === '(' && { fromExcluded: true }),
      ...(to !== '' && { to }),
      ...(to !== '' && close === ']' && { toIncluded: true }),
    });
  }
  return ranges.length === 0 ? undefined : ranges;
}
