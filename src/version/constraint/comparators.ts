import { type Comparator, comparatorRanges, type VersionRange } from '../../model/version-range.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { intersectAll } from './intersect.ts';

/** Returns the versions that a comparator allows; undefined if its operator or version is invalid. */
export type ComparatorReader = (comparator: Comparator) => readonly VersionRange[] | undefined;

const comparator = / ?,? ?(===|==|~=|~>|!=|<>|<=|>=|=|<|>|\^|~)? ?([^ ,|<>=~^]+) ?,?/y;

/**
 * Parses a constraint such as `>= 1.2, < 1.4 || = 2.0`: comparators separated by spaces or commas must all hold, `||`
 * separates alternatives. An empty constraint allows every version. Returns undefined if the text is invalid.
 */
export function readComparators(
  scheme: VersionScheme,
  text: string,
  read: ComparatorReader = comparatorRanges,
): readonly VersionRange[] | undefined {
  const alternatives = text.split('||').filter((alternative) => alternative.trim() !== '');
  if (alternatives.length === 0) return [{}];
  const ranges: VersionRange[] = [];
  for (const alternative of alternatives) {
    const unions = parseComparators(alternative)?.map(read);
    if (unions === undefined || !unions.every((union) => union?.every((range) => hasOrder(scheme, range)))) {
      return undefined;
    }
    ranges.push(
      ...intersectAll(
        scheme,
        unions.map((union) => union ?? []),
      ),
    );
  }
  return ranges;
}

/** Parses the comparators of one alternative. Returns undefined if one is invalid. */
export function parseComparators(text: string): readonly Comparator[] | undefined {
  const comparators: Comparator[] = [];
  const source = collapseSpaces(text);
  comparator.lastIndex = 0;
  while (comparator.lastIndex < source.length) {
    const [, operator = '', version] = comparator.exec(source) ?? [];
    if (version === undefined) return undefined;
    comparators.push({ operator, version });
  }
  return comparators;
}

/** Trims a text and replaces every run of white space with one space, so that patterns need not match runs. */
export function collapseSpaces(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}

/** Returns whether the scheme can order the bounds of a range. */
export function hasOrder(scheme: VersionScheme, { from, to }: VersionRange): boolean {
  return [from, to].every((bound) => bound === undefined || scheme.compare(bound, bound) !== undefined);
}
