import type { Severity } from '../model/severity.ts';
import type { Lease } from './lock-store.ts';

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

/** The findings of a package set. */
export interface SetFindings extends DueSet {
  readonly counts: readonly FindingCount[];
}

/** The findings of all images that a name refers to. A layer below another named layer does not count. */
export interface FindingTotals {
  /** When they last changed. */
  readonly at: string;
  readonly images: number;
  /** Sets that these images have, and whose findings are not counted yet, or again. */
  readonly dueSets: number;
  readonly findings: readonly FindingCount[];
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
  /** Saves the counts of sets. A set that has become due again meanwhile stays due. */
  save(counts: readonly SetFindings[], lease?: Lease): Promise<void>;
  /** Sums the counts of all images. Writes nothing if the sums are the same. */
  updateTotals(lease?: Lease): Promise<void>;
  /** Returns the sums; undefined before the first `updateTotals`. */
  findTotals(): Promise<FindingTotals | undefined>;
}
