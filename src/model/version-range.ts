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
