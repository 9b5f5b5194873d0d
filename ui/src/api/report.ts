import { pathOf } from './client.ts';
import type { Severity } from './types.ts';

/** The full report of an image; see docs/reference/report.md. */
export interface ImageReport {
  readonly target: {
    readonly reference: string;
    readonly kind: string;
    readonly digest?: string;
    readonly manifest?: string | null;
    readonly platform?: string | null;
    readonly created?: string;
    readonly names?: readonly string[];
  };
  readonly distro: { readonly id: string; readonly prettyName?: string | null } | null;
  readonly namespaces: readonly { readonly name: string; readonly versionScheme: string }[];
  readonly layers: readonly ReportLayer[];
  readonly packages: readonly ReportPackage[];
  readonly matches: readonly Finding[];
  readonly suppressed: readonly (Finding & { readonly reason: string })[];
  readonly ratings?: ReportRatings;
  readonly verdict: Verdict;
  readonly coverage: readonly Coverage[];
  readonly statuses: readonly {
    readonly extension: string;
    readonly status: 'succeeded' | 'partly-failed' | 'failed';
    readonly files?: readonly { readonly path: string; readonly problem?: string | null }[];
  }[];
  readonly unread?: readonly {
    readonly kind: string;
    readonly count: number;
    readonly paths: readonly string[];
  }[];
}

/** Result of an assessment. */
export type Verdict = 'vulnerable' | 'clean' | 'not-assessed';

/** A layer of an image, the base layer first. */
export interface ReportLayer {
  readonly digest: string | null;
  readonly diffId: string | null;
  readonly sizeBytes: number;
  readonly createdBy?: string | null;
}

/** Place of a package. */
export interface PackageLocation {
  readonly path: string;
  readonly layer: string | null;
}

/** An installed package. */
export interface ReportPackage {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly source?: { readonly name: string; readonly version: string } | null;
  readonly purl: string;
  readonly location: PackageLocation;
  readonly parent?: { readonly name: string; readonly version?: string };
}

/** A vulnerability on a package. */
export interface Finding {
  readonly vulnerability: {
    readonly id: string;
    readonly aliases?: readonly string[];
    readonly severity: Severity;
    readonly severitySource: string | null;
    readonly cvss: readonly { readonly source: string; readonly vector: string; readonly score?: number }[];
    readonly description: string | null;
    readonly links: readonly string[];
    readonly source: string;
    readonly kev: boolean | null;
    readonly exploited?: readonly { readonly source: string; readonly date?: string | null }[];
    readonly epss: number | null;
    readonly weaknesses?: readonly string[];
  };
  readonly package: ReportPackage;
  readonly fix: { readonly state: string; readonly version?: string; readonly availableSince?: string };
  readonly evidence: readonly Evidence[];
}

/** A row of an advisory that matched. */
export interface Evidence {
  readonly source: string;
  readonly advisory: string;
  readonly namespace: string;
  readonly package: string;
  readonly installed: string;
  readonly range: VersionRange;
  readonly versionScheme: string;
  readonly confidence?: string;
}

/** Affected versions. */
export interface VersionRange {
  readonly from?: string;
  readonly fromExcluded?: boolean;
  readonly to?: string;
  readonly toIncluded?: boolean;
}

/** Lists of ratings that a report used. */
export interface ReportRatings {
  readonly unrated: number;
  readonly knowsExploited: boolean;
  readonly knowsEpss: boolean;
  readonly reason: string | null;
  readonly lists?: readonly RatingList[];
}

/** A loaded list of ratings. */
export interface RatingList {
  readonly source: string;
  readonly status: 'complete' | 'stale';
  readonly contentDate: string | null;
  /** Version of the model that computed it. */
  readonly model?: string;
  readonly reason?: string | null;
}

/** State of the advisories of a namespace. */
export interface Coverage {
  readonly namespace: string;
  readonly status: 'complete' | 'stale' | 'missing' | 'unsupported';
  readonly newestAdvisory?: string | null;
  readonly fetchedAt?: string | null;
  readonly contentDate?: string | null;
  readonly loadedSince?: string | null;
  readonly reason?: string | null;
  readonly evidence?: {
    readonly count: number;
    readonly paths: readonly string[];
    readonly truncated?: boolean;
  };
}

/** Returns the path of the report of an image at a time. */
export function reportPath(digest: string, asOf: string | undefined): string {
  return pathOf(`/images/${encodeURIComponent(digest)}/report`, { asOf });
}
