/*
 * Types of the Clair v4 API. Members that are optional here are absent on the wire. No object and no list is ever null: clients validate
 * responses by schemas.
 */

/** A package. `source` of a language package has empty texts. */
export interface V4Package {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly kind?: 'binary' | 'source';
  readonly source?: V4Package;
  readonly normalized_version: string;
  readonly arch?: string;
  readonly cpe: string;
  /** `urn:claircore:detector:<name>:<version>:package`. */
  readonly detector: string | null;
}

/** Names of the members of a distribution, in the order in which Clair writes them. */
export const v4DistributionMembers = [
  'id',
  'did',
  'name',
  'version',
  'version_code_name',
  'version_id',
  'arch',
  'cpe',
  'pretty_name',
] as const;

/** A distribution. All members are required; unknown ones are empty. */
export type V4Distribution = Readonly<Record<(typeof v4DistributionMembers)[number], string>>;

/** A repository of packages. A vulnerability of a distribution has one with `cpe` alone. */
export interface V4Repository {
  readonly id?: string;
  readonly name?: string;
  readonly key?: string;
  readonly uri?: string;
  readonly cpe: string;
}

/** Where a package is. `distribution_id` is empty for a package of no distribution. */
export interface V4Environment {
  readonly package_db: string;
  readonly introduced_in: string;
  readonly distribution_id: string;
  readonly repository_ids: readonly string[];
}

/** The members that both reports have. Keys of the maps are ids of this document. */
export interface V4Contents {
  readonly packages: Readonly<Record<string, V4Package>>;
  readonly distributions: Readonly<Record<string, V4Distribution>>;
  readonly repository: Readonly<Record<string, V4Repository>>;
  /** By package id: one or more for each package. */
  readonly environments: Readonly<Record<string, readonly V4Environment[]>>;
}

/** The contents of a manifest. */
export interface V4IndexReport extends V4Contents {
  readonly manifest_hash: string;
  readonly state: 'IndexFinished';
  readonly success: true;
  /** Names the parts of the image that could not be read. Empty if there are none. */
  readonly err: string;
}

/** The six severities that clients know. */
export type V4Severity = 'Unknown' | 'Negligible' | 'Low' | 'Medium' | 'High' | 'Critical';

/** A vulnerability of a report. It has no `range`: clients disagree about its type. */
export interface V4Vulnerability {
  readonly id: string;
  /** Name of the advisory source. */
  readonly updater: string;
  readonly name: string;
  readonly description: string;
  /** RFC 3339. */
  readonly issued: string;
  /** Separated by spaces. */
  readonly links: string;
  readonly severity: string;
  readonly normalized_severity: V4Severity;
  readonly package: V4Package;
  readonly distribution: V4Distribution;
  readonly repository: V4Repository;
  readonly fixed_in_version: string;
}

/** The contents of a manifest with its vulnerabilities. */
export interface V4VulnerabilityReport extends V4Contents {
  readonly manifest_hash: string;
  readonly vulnerabilities: Readonly<Record<string, V4Vulnerability>>;
  /** Ids of vulnerabilities by package id. */
  readonly package_vulnerabilities: Readonly<Record<string, readonly string[]>>;
  /** Lists of maps from a vulnerability id to its data, by kind. */
  readonly enrichments: Readonly<Record<string, readonly Readonly<Record<string, readonly object[]>>[]>>;
}

/** The summary of a vulnerability in a notification. */
export interface V4VulnerabilitySummary
  extends Pick<
    V4Vulnerability,
    | 'name'
    | 'description'
    | 'package'
    | 'distribution'
    | 'severity'
    | 'normalized_severity'
    | 'fixed_in_version'
    | 'links'
  > {
  readonly repo: V4Repository;
}

/** A change that affects one manifest. */
export interface V4Notification {
  /** A UUID. */
  readonly id: string;
  readonly manifest: string;
  readonly reason: 'added' | 'removed';
  readonly vulnerability: V4VulnerabilitySummary;
}

/** A page of a notification. `next` is absent on the last page. */
export interface V4NotificationPage {
  readonly page: { readonly size: number; readonly next?: string };
  readonly notifications: readonly V4Notification[];
}

/** An update of the advisories of one feed. */
export interface V4UpdateOperation {
  /** A UUID. */
  readonly ref: string;
  readonly updater: string;
  readonly fingerprint: string;
  /** RFC 3339. */
  readonly date: string;
  readonly kind: 'vulnerability' | 'enrichment' | '';
}

/** The difference of two updates. `prev` is the nil UUID for the time before the first one. */
export interface V4UpdateDiff {
  readonly prev: V4UpdateOperation;
  readonly cur: V4UpdateOperation;
  readonly added: readonly V4Vulnerability[];
  readonly removed: readonly V4Vulnerability[];
}

/** The manifests that vulnerabilities affect. */
export interface V4AffectedManifests {
  /** The vulnerabilities that affect a manifest, by the id of the request. */
  readonly vulnerabilities: Readonly<Record<string, object>>;
  /** Those ids by manifest. */
  readonly vulnerable_manifests: Readonly<Record<string, readonly string[]>>;
}
