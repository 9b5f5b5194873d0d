/**
 * Versions between two bounds, in the vendor's own spelling. Without bounds, every version is in the range. `from` is included unless
 * `fromExcluded`. `to` is excluded unless `toIncluded`.
 */
export interface VersionRange {
  /** The lowest version. Absent if there is no lower bound. */
  readonly from?: string;
  /** Present if `from` itself is not in the range. */
  readonly fromExcluded?: true;
  /** The end. Absent if there is no upper bound. */
  readonly to?: string;
  /** Present if `to` itself is in the range. */
  readonly toIncluded?: true;
}

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
