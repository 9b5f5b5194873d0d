/**
 * Versions between two bounds, in the vendor's own spelling. No bounds at all means every version.
 * `from` is included unless `fromExcluded`; `to` is excluded unless `toIncluded`.
 */
export interface VersionRange {
  readonly from?: string;
  readonly fromExcluded?: true;
  readonly to?: string;
  readonly toIncluded?: true;
}
