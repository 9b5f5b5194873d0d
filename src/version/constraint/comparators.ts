import { type Comparator, comparatorRanges } from '../../model/comparator.ts';
import type { VersionRange } from '../../model/version-range.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { intersectAll } from './intersect.ts';

/** The versions a comparator allows; undefined when its operator or its version means nothing. */
export type ComparatorReader = (comparator: Comparator) => readonly VersionRange[] | undefined;

const comparator = / ?,? ?(===|==|~=|~>|!=|<>|<=|>=|=|<|>|\^|~)? ?([^ ,|<>=~^]+) ?,?/y;

/**
 * The ranges that a constraint of comparators allows, such as `>= 1.2, < 1.4 || = 2.0`: comparators are separated by spaces or
 * commas and must all hold, alternatives by `||`. Nothing at all allows every version. Undefined when it cannot be read.
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

/** The comparators of one alternative; undefined when something in it is none. */
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

/** A text with one space for every run of white space inside and none around it, so that no pattern has to look for runs. */
export function collapseSpaces(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}

/** Whether the scheme knows the bounds of a range. */
export function hasOrder(scheme: VersionScheme, { from, to }: VersionRange): boolean {
  return [from, to].every((bound) => bound === undefined || scheme.compare(bound, bound) !== undefined);
}
