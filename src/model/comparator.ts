import type { VersionRange } from './version-range.ts';

/** An operator and a version, such as `>= 1.2`. An absent operator is an empty string. */
export interface Comparator {
  readonly operator: string;
  readonly version: string;
}

/** The ranges of an operator by the order of versions alone. `*` is every version. */
export function comparatorRanges({ operator, version }: Comparator): readonly VersionRange[] | undefined {
  if (version === '*') return [{}];
  switch (operator) {
    case '':
    case '=':
    case '==':
      return [{ from: version, to: version, toIncluded: true }];
    case '!=':
    case '<>':
      return [{ to: version }, { from: version, fromExcluded: true }];
    case '<':
      return [{ to: version }];
    case '<=':
      return [{ to: version, toIncluded: true }];
    case '>':
      return [{ from: version, fromExcluded: true }];
    case '>=':
      return [{ from: version }];
    default:
      return undefined;
  }
}
