import type { ClaimTerms } from './job-store.ts';
import type { Lease } from './lock-store.ts';

/** Reasons for a scan, the most urgent first. A claim takes the jobs of the first lane before those of the next. */
export const scanLanes = ['interactive', 'push', 're-analysis', 'backfill'] as const;

/** The reason for a scan. */
export type ScanLane = (typeof scanLanes)[number];

/** An image of a registry that is to be scanned. */
export interface ScanRequest {
  /** With its registry: `registry.example/shop/web:1.4`. */
  readonly reference: string;
  /** `host[:port]`, which limits the concurrent runs. */
  readonly registry: string;
  /** `linux/arm64`. Null for that of this machine. */
  readonly platform: string | null;
  readonly lane: ScanLane;
  /** Name of the credentials in the settings with which the image is fetched. Absent for those of all scans. */
  readonly credentials?: string;
  /** Absent if the server has all that the scan needs. */
  readonly order?: ScanOrder;
}

/** The parts of a request that only its client can give. A scan with an order never stands for another one. */
export interface ScanOrder {
  /** JSON of what the client requests, kept as long as the job. */
  readonly subject: string;
  /** Sealed access to the registry. It is deleted when the job ends. */
  readonly access: string;
}

/** A scan of an image, which is run once. */
export interface ScanJob extends Omit<ScanRequest, 'order' | 'credentials'> {
  /** Random. */
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** Number of runs, including the current one. */
  readonly attempt: number;
  /** The step that runs, or in which the last run failed. */
  readonly step: string | null;
  /** Error of the last run. */
  readonly error: string | null;
  /** Digest of the image. Null before its end. */
  readonly digest: string | null;
  /** ISO 8601. */
  readonly createdAt: string;
  /** When the next run is due, ISO 8601. */
  readonly runAt: string;
  /** ISO 8601; null before its end. */
  readonly endedAt: string | null;
  /** The subject of its order. Null if it has none. */
  readonly subject: string | null;
  /** Name of the credentials that its client chose. Null if it chose none. */
  readonly credentials: string | null;
}

/** A job that this process runs. Other processes run it only after the lease has expired. */
export interface ClaimedScan extends ScanJob {
  readonly lease: Lease;
  /** The access of its order. Null if it has none. */
  readonly access: string | null;
}

/** Number and duration of claims, and how many jobs of one registry all processes run at a time. */
export interface ScanClaimTerms extends ClaimTerms {
  readonly perRegistry: (registry: string) => number;
  /** Whether this process can open the access of orders. Otherwise it claims no job with an order. */
  readonly takesOrders: boolean;
}

/** Which failed jobs are listed. */
export interface FailedScanFilter {
  readonly registry?: string | undefined;
  readonly limit: number;
  /** Id of the last job of the previous page. */
  readonly after?: string | undefined;
}

/** Scans of images, which processes that share the database run. Each write under a lease throws `store-conflict` if another process took over. */
export interface ScanJobStore {
  /**
   * Adds a job. Without an order, returns the one of the same image and credentials that waits instead, if there is one; it gets the more urgent lane.
   */
  add(request: ScanRequest): Promise<ScanJob>;
  find(id: string): Promise<ScanJob | undefined>;
  /** Returns failed jobs of one registry or of all, by registry and id; at most `limit`, after the given one. */
  findFailed(filter: FailedScanFilter): Promise<readonly ScanJob[]>;
  /** Counts the failed jobs of each registry. */
  countFailed(): Promise<ReadonlyMap<string, number>>;
  /** Returns when the next job is due, ISO 8601. Undefined if none waits. */
  findNextRun(): Promise<string | undefined>;
  /**
   * Claims due jobs, those of the most urgent lane first. A job that ended its process `limits.scanAttempts` times fails instead, and so does
   * one with an order that waits longer than `limits.orderedScanMs`.
   */
  claim(terms: ScanClaimTerms): Promise<readonly ClaimedScan[]>;
  /** Extends a lease and records the step that runs. Returns false if another process has taken over. */
  renew(lease: Lease, forMs: number, step?: string): Promise<boolean>;
  /** Records the end of a job, with the digest of its image. */
  complete(lease: Lease, digest: string): Promise<void>;
  /** Records a failed run. Without a next run, the job has failed. */
  fail(lease: Lease, error: string, nextRun: Date | undefined): Promise<void>;
  /** Returns a job that was not run to its end, without an attempt. */
  handBack(lease: Lease): Promise<void>;
  /**
   * Makes a failed job due again. Returns undefined if it does not exist, and the job as it is if it has not failed or had an order: its
   * access is gone.
   */
  retry(id: string): Promise<ScanJob | undefined>;
  /**
   * Makes failed jobs of a registry due again, those whose last run ended `limits.scanRepeatMs` ago. The time doubles with each repetition,
   * and there are `limits.scanRepetitions`. Leaves out jobs with an order, and those with a later job of the same image. Returns their number.
   */
  repeatFailed(registry: string): Promise<number>;
}
