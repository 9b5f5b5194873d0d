import type { DayChanges } from './finding-changes.ts';
import type { Severity } from './severity.ts';

/** A number now, and at the time of the digest before. Null if it was not counted then. */
export interface ComparedCount {
  readonly now: number;
  readonly before: number | null;
}

/** The open findings of all named images. */
export interface DigestFindings {
  /** When they last changed, ISO 8601. */
  readonly countedAt: string;
  readonly images: number;
  /** The worst first. */
  readonly bySeverity: readonly (ComparedCount & { readonly severity: Severity })[];
  readonly all: ComparedCount;
  readonly fixable: ComparedCount;
  readonly exploited: ComparedCount;
}

/** A vulnerability that became known or changed, and that images have. */
export interface DigestVulnerability {
  readonly id: string;
  readonly severity: Severity;
  readonly exploited: 'no' | 'yes' | 'unknown';
  readonly images: number;
}

/** The changes of advisories since the digest before. */
export interface DigestAdvisories {
  readonly new: number;
  readonly changed: number;
  readonly withdrawn: number;
  /** False if there were more than are read. */
  readonly isComplete: boolean;
  /** Those new or changed ones that images have: exploited ones first, then the worst, then those of most images. */
  readonly found: readonly DigestVulnerability[];
}

/** The images that were first seen since the digest before. */
export interface DigestImages {
  readonly new: number;
  /** False if there were more than are read. */
  readonly isComplete: boolean;
  /** Number of them whose findings are counted, and their findings. */
  readonly counted: number;
  readonly findings: number;
  readonly exploited: number;
}

/** The changes of a fleet since a time, and what is not known. */
export interface DailyDigest {
  /** ISO 8601. */
  readonly since: string;
  /** ISO 8601, by the clock of the database. */
  readonly at: string;
  /** Null until a server has counted findings. */
  readonly findings: DigestFindings | null;
  /** The changes of each counted day since the digest before, the newest first, as `GET /summary/changes` returns them. */
  readonly changes: readonly DayChanges[];
  readonly advisories: DigestAdvisories;
  /** Null if no digest before has noted which images were known. */
  readonly images: DigestImages | null;
  /** Number of sources that are current, and the others. */
  readonly currentSources: number;
  readonly otherSources: readonly {
    readonly source: string;
    readonly state: 'stale' | 'failed';
    readonly reason: string | null;
  }[];
  readonly notAssessed: {
    /** Package sets whose findings are not counted yet, or again. Null until a server has counted. */
    readonly uncountedSets: number | null;
    /** Scans of images that have failed. */
    readonly failedScans: number;
  };
}
