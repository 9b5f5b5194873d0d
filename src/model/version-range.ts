/**
 * Versions between two bounds, in the vendor's own spelling. No bounds at all means every version.
 * `from` is included unless `fromExcluded`; `to` is excluded unless `toIncluded`.
 */
export interface VersionRange {
  /** The lowest version; absent: from the beginning. */
  readonly from?: string;
  /** Present where `from` itself is not in the range. */
  readonly fromExcluded?: true;
  /** The end; absent: no end. */
  readonly to?: string;
  /** Present where `to` itself is in the range. */
  readonly toIncluded?: true;
}
