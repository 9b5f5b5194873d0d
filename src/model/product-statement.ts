/**
 * Whose statement it is, in the order in which they count: the assigner of the CVE (CNA), CISA as a publisher of data (ADP), the project of the
 * product in its own list, or NVD.
 */
export const statementIssuers = ['cna', 'cisa-adp', 'project', 'nvd'] as const;

/** Whose statement it is. */
export type StatementIssuer = (typeof statementIssuers)[number];

/** The statement of an issuer about versions of a product that no package manager installs, in its own words. */
export interface ProductStatement {
  /** The name of the product in its package URL: `openssl` of `pkg:generic/openssl`. */
  readonly product: string;
  readonly by: StatementIssuer;
  /** The status of versions that `versions` does not have (`defaultStatus`). Absent: unknown. */
  readonly otherVersions?: VersionStatus;
  /** Empty if it states none, or too many. */
  readonly versions: readonly StatedVersions[];
}

/** The status of versions (CVE record format 5.2, `affected[].versions[].status`). */
export type VersionStatus = 'affected' | 'unaffected' | 'unknown';

/**
 * A version, or a range of versions, as a CVE record states it (format 5.2, `affected[].versions[]`). A range begins with `version`, and
 * `lessThan` or `lessThanOrEqual` ends it. Their texts are not checked: `version` may be a sentence.
 */
export interface StatedVersions {
  readonly status: VersionStatus;
  readonly version: string;
  /** Present if the range begins behind `version`, which only NVD states. */
  readonly startExcluded?: true;
  readonly lessThan?: string;
  readonly lessThanOrEqual?: string;
  /** The order of versions: `semver`, `custom`, `python`, `git`. */
  readonly versionType?: string;
  /** Changes of the status within the range, in any order. */
  readonly changes?: readonly StatusChange[];
}

/** A change of the status at a version. */
export interface StatusChange {
  readonly at: string;
  readonly status: VersionStatus;
}
