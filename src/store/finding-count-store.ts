import type { CauseSum } from '../model/finding-changes.ts';
import type { Fix } from '../model/fix.ts';
import type { PackageType } from '../model/package.ts';
import type { Severity } from '../model/severity.ts';
import type { ChangeFilter, ChangePage, ChangePlace } from './finding-change-store.ts';
import type { Lease } from './lock-store.ts';
import type { PageRequest } from './page.ts';

/** Whether the vulnerability of a finding is exploited. `unknown` if no list of exploited vulnerabilities is loaded. */
export const exploitations = ['no', 'yes', 'unknown'] as const;

/** An element of `exploitations`. */
export type Exploitation = (typeof exploitations)[number];

/** Number of findings that are equal in all other fields. */
export interface FindingCount {
  readonly severity: Severity;
  /** Whether a version without the vulnerability is known. */
  readonly isFixable: boolean;
  readonly exploited: Exploitation;
  readonly findings: number;
}

/** A package set whose findings must be counted. */
export interface DueSet {
  readonly set: number;
  /** State of the set when it was read. */
  readonly due: number;
}

/** An image that has package sets whose findings must be counted. */
export interface DueImage {
  readonly image: number;
  readonly sets: readonly DueSet[];
  /** Returns the set of the package at a position of the image. Undefined if that set is not due. */
  setOf(position: number): DueSet | undefined;
}

/** A package that has vulnerabilities, as reports name it. */
export interface FoundPackage {
  /** The namespace of its advisories. */
  readonly namespace: string;
  /** Its name in that namespace. */
  readonly lookupName: string;
  readonly type: PackageType;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  /** Name of its source package. Null if its lister gives none. */
  readonly source: string | null;
}

/** A finding of a package set, before the rules and VEX statements of a server. */
export interface SetFinding {
  /** Id of the vulnerability. */
  readonly vulnerability: string;
  readonly severity: Severity;
  readonly exploited: Exploitation;
  /** Probability that it is exploited in the next 30 days, from 0 to 1. Null if unknown. */
  readonly epss: number | null;
  readonly fix: Fix;
  readonly package: FoundPackage;
}

/** The findings of a package set. A package that the set has twice has its findings twice. */
export interface SetFindings extends DueSet {
  readonly findings: readonly SetFinding[];
}

/** The score of a vulnerability in the index. */
export interface FoundScore {
  /** Number of the vulnerability in the index. */
  readonly number: number;
  readonly vulnerability: string;
  /** See `SetFinding`. */
  readonly epss: number | null;
}

/** Options of a step that many rows may need. */
export interface CountingStep {
  readonly signal: AbortSignal;
  /** The lease of the job, without which nothing is written. */
  readonly lease?: Lease | undefined;
}

/**
 * The findings of all images of the index: the newest index of each image that a scan has read, and each image that a client has named. A
 * layer below another named layer does not count, nor does an image before all of its sets are counted.
 */
export interface FindingTotals {
  /** When they last changed. */
  readonly at: string;
  readonly images: number;
  /** Sets whose findings are not counted yet, or again. */
  readonly dueSets: number;
  readonly findings: readonly FindingCount[];
}

/** The findings of all images on a day: the last ones that were counted on it. */
export interface FindingDay extends FindingTotals {
  /** In UTC: `2026-01-31`. */
  readonly day: string;
  /** Sums by cause of what changed on the day until the count. Missing if the server that counted did not record it. */
  readonly changes?: readonly CauseSum[];
}

/** The findings of some days. */
export interface FindingHistory {
  /** The oldest first. A day on which no server counted is absent. */
  readonly days: readonly FindingDay[];
  /** The first day that is kept; null if none is. */
  readonly firstDay: string | null;
}

/**
 * Numbers of findings of each package set. The findings of an image are about the sum of those of its sets: a finding that two of its sets
 * share counts twice. Sets become due by the log of events, by changed ratings and by feeds that are loaded for the first time.
 */
export interface FindingCountStore {
  /**
   * Marks the sets whose findings may have changed since the last call as due. `rules` names what the counts depend on beside the database:
   * if it differs from that of the last call, all sets are due.
   */
  markChanged(rules: string, lease?: Lease): Promise<void>;
  /** Returns some images that have due sets. Empty if no set is due. */
  findDue(limit: number): Promise<readonly DueImage[]>;
  /** Saves the findings of sets, and their counts. A set that has become due again meanwhile stays due. */
  save(counted: readonly SetFindings[], lease?: Lease): Promise<void>;
  /**
   * Brings the counters of images, vulnerabilities and packages up to date with the saved findings of sets. Its cost depends on the number
   * of images that are new, changed or gone, and on that of the images of findings that changed. It also reads the number of each image.
   * Stops early if the signal aborts: the next call continues.
   */
  updateImages(step: CountingStep): Promise<void>;
  /** Returns vulnerabilities that images have with their scores, by rising number. */
  pageScores(page: PageRequest<number>): Promise<readonly FoundScore[]>;
  /** Saves other scores of vulnerabilities. */
  saveScores(scores: readonly Pick<FoundScore, 'number' | 'epss'>[], lease?: Lease): Promise<void>;
  /** Sums the counts of all images, also for the history of today. Writes nothing if the sums are those of today already. */
  updateTotals(lease?: Lease): Promise<void>;
  /** Returns the sums; undefined before the first `updateTotals`. */
  findTotals(): Promise<FindingTotals | undefined>;
  /** Returns the sums of the last `days` days, today included. The last `limits.findingDays` days are kept. */
  findHistory(days: number): Promise<FindingHistory>;
  /** Returns the sums of a day, such as `2026-01-31`, or of the last day before it, and those of the one before. Without a day, the last two. */
  findDays(last?: string): Promise<readonly FindingDay[]>;
  /** Returns a page of the changes of a day by one cause. Those of the last `limits.findingChangeDays` days are kept. */
  pageChanges(filter: ChangeFilter, page: PageRequest<ChangePlace>): Promise<ChangePage>;
}
