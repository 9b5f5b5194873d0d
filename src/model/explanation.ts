import type { Digest } from './digest.ts';
import type { Distro } from './distro.ts';
import type { Fix } from './fix.ts';
import type { Package } from './package.ts';
import type {
  Coverage,
  ExtensionStatus,
  RatingList,
  ReportVulnerability,
  Target,
  Verdict,
} from './report.ts';
import type { Severity } from './severity.ts';
import type { VersionRange } from './version-range.ts';
import type { Conditions } from './vulnerability.ts';

/** The order of one version relative to another: below, equal, above, or not comparable. */
export type VersionOrder = '<' | '=' | '>' | '!';

/** Two compared pieces of versions. One is empty if its version had ended. */
export interface SegmentPair {
  readonly installed: string;
  readonly bound: string;
  readonly order: VersionOrder;
}

/** The installed version and a bound of a range, piece by piece up to the deciding one. */
export interface VersionComparison {
  readonly versionScheme: string;
  readonly installed: string;
  readonly bound: string;
  readonly order: VersionOrder;
  readonly parts: readonly (readonly SegmentPair[])[];
}

/** The conditions for a row of an advisory to make a package vulnerable. */
export type RowCheckName = 'namespace' | 'source' | 'package' | 'build' | 'state' | 'version';

/** One condition and whether it holds. Null if that is unknown. */
export interface RowCheck {
  readonly name: RowCheckName;
  readonly holds: boolean | null;
  /** In plain English. */
  readonly words: string;
  readonly comparisons: readonly VersionComparison[];
}

/** A row of an advisory compared with a package: the checks in order, up to the first that fails. */
export interface RowExplanation {
  readonly source: string;
  readonly feed: string;
  readonly advisory: string;
  readonly namespace: string;
  /** The package name in the row. */
  readonly package: string;
  readonly range: VersionRange;
  readonly fix: Fix;
  readonly severity: Severity;
  readonly only: Conditions | null;
  /** When the vendor last changed the record, if known. */
  readonly modified: string | null;
  /** Since when the database has the record in this form. */
  readonly knownSince: string;
  /** When the feed was fetched. */
  readonly fetchedAt: string | null;
  /** Present if the source knows the versions of a product less well than its assigner, as NVD does. */
  readonly confidence?: 'low';
  readonly checks: readonly RowCheck[];
}

/** The layer of a package, and its position among the others, counted from 1. */
export interface LayerPosition {
  readonly position: number;
  readonly of: number;
  readonly digest: Digest | null;
  readonly diffId: Digest | null;
  readonly createdBy: string | null;
}

/** The result for a vulnerability of a package. */
export type ExplanationOutcome = 'reported' | 'suppressed' | 'not-reported' | 'undecided';

/** A package and all advisory rows about it under one id. */
export interface PackageExplanation {
  readonly package: Package;
  readonly layer: LayerPosition | null;
  /** How the name or version of the package was found. */
  readonly remarks: readonly string[];
  readonly outcome: ExplanationOutcome;
  /** The reason, in plain English. */
  readonly reason: string;
  /** The vulnerability as in the report, including ratings. Null if the report does not have it. */
  readonly vulnerability: ReportVulnerability | null;
  readonly rows: readonly RowExplanation[];
}

/** Why a vulnerability is reported for an image, or why it is not. */
export interface Explanation {
  readonly schemaVersion: 1;
  readonly target: Target;
  readonly distro: Distro | null;
  readonly id: string;
  /** The requested packages, or those that advisories cover. */
  readonly packages: readonly PackageExplanation[];
  /** Remarks on the image as a whole, such as other packages that the advisories cover. */
  readonly remarks: readonly string[];
  /** False if the image may be affected although no package is in the list: not all of it was read or can be looked up, or no advisory has the name. */
  readonly isKnown: boolean;
  readonly coverage: readonly Coverage[];
  /** The verdict of the report. */
  readonly verdict: Verdict;
  /** The extensions that did not read all of the image. A package that is not found may be in what they did not read. */
  readonly statuses: readonly ExtensionStatus[];
  /** The loaded lists that rate findings. Absent if none is loaded. */
  readonly lists?: readonly RatingList[];
}
