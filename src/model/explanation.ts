import type { Conditions } from './conditions.ts';
import type { Digest } from './digest.ts';
import type { Distro } from './distro.ts';
import type { Fix } from './fix.ts';
import type { Package } from './package.ts';
import type { Coverage, ReportVulnerability, Target } from './report.ts';
import type { Severity } from './severity.ts';
import type { VersionRange } from './version-range.ts';

/** How one version stands to another: below, equal, above, or without an order. */
export type VersionOrder = '<' | '=' | '>' | '!';

/** Two pieces of versions that were compared; an empty one is where the version had ended. */
export interface SegmentPair {
  readonly installed: string;
  readonly bound: string;
  readonly order: VersionOrder;
}

/** The installed version and a bound of a range, part by part, up to the pieces that decide. */
export interface VersionComparison {
  readonly versionScheme: string;
  readonly installed: string;
  readonly bound: string;
  readonly order: VersionOrder;
  readonly parts: readonly (readonly SegmentPair[])[];
}

/** What must hold for a row of an advisory to make a package vulnerable. */
export type RowCheckName = 'namespace' | 'source' | 'package' | 'build' | 'state' | 'version';

/** One thing that had to hold, and whether it does; null where nobody can tell. */
export interface RowCheck {
  readonly name: RowCheckName;
  readonly holds: boolean | null;
  /** In plain words. */
  readonly words: string;
  readonly comparisons: readonly VersionComparison[];
}

/** A row of an advisory held against a package: the checks in their order, up to the first that does not hold. */
export interface RowExplanation {
  readonly source: string;
  readonly feed: string;
  readonly advisory: string;
  readonly namespace: string;
  /** The package name the row speaks of. */
  readonly package: string;
  readonly range: VersionRange;
  readonly fix: Fix;
  readonly severity: Severity;
  readonly only: Conditions | null;
  /** When the vendor last changed the record, if that is told. */
  readonly modified: string | null;
  /** Since when the record has been known here in this form. */
  readonly knownSince: string;
  /** When the feed was fetched. */
  readonly fetchedAt: string | null;
  readonly checks: readonly RowCheck[];
}

/** The layer a package comes from, and its place among the others, counted from 1. */
export interface LayerPosition {
  readonly position: number;
  readonly of: number;
  readonly digest: Digest | null;
  readonly diffId: Digest | null;
  readonly createdBy: string | null;
}

/** What became of a vulnerability in a package. */
export type ExplanationOutcome = 'reported' | 'suppressed' | 'not-reported' | 'undecided';

/** A package and everything that advisories say of it under one id. */
export interface PackageExplanation {
  readonly package: Package;
  readonly layer: LayerPosition | null;
  readonly outcome: ExplanationOutcome;
  /** Why, in plain words. */
  readonly reason: string;
  /** The vulnerability as the report has it, ratings included; null where the report does not have it. */
  readonly vulnerability: ReportVulnerability | null;
  readonly rows: readonly RowExplanation[];
}

/** Why a vulnerability is reported of an image, or why it is not. */
export interface Explanation {
  readonly schemaVersion: 1;
  readonly target: Target;
  readonly distro: Distro | null;
  readonly id: string;
  /** The packages it was asked for, or those that advisories speak of. */
  readonly packages: readonly PackageExplanation[];
  /** Said of the image as a whole: what the advisories speak of instead, or that none has this name. */
  readonly remarks: readonly string[];
  readonly coverage: readonly Coverage[];
}
