import type { Lease } from './lock-store.ts';

/** Recurring work that one process of several does. */
export interface JobIdentity {
  /** Unique among all jobs. */
  readonly name: string;
  readonly kind: string;
  /** Jobs of one lane share the limit of concurrent runs in a process. */
  readonly lane: string;
}

/** The state of a job. */
export interface Job extends JobIdentity {
  /** `failed`: it failed `limits.jobAttempts` times or more. It still runs again at `runAt`. */
  readonly state: 'waiting' | 'running' | 'failed';
  readonly runAt: string;
  /** Number of runs since the last successful one, including the current one. */
  readonly attempt: number;
  /** Error of the last run; null if it succeeded. */
  readonly error: string | null;
}

/** A job that this process runs. Other processes run it only after the lease has expired. */
export interface ClaimedJob extends Job {
  readonly lease: Lease;
}

/** Number, duration and owner of claims. */
export interface ClaimTerms {
  readonly limit: number;
  /** Name of this process. */
  readonly owner: string;
  readonly forMs: number;
}

/** The jobs of all processes that share the database. Each write under a lease throws `store-conflict` if another process took over. */
export interface JobStore {
  /** Makes jobs due now, and adds those that are missing. */
  schedule(jobs: readonly JobIdentity[]): Promise<void>;
  /** Returns when the first of these jobs is due. Undefined if none of them was ever scheduled. */
  findNextRun(names: readonly string[]): Promise<string | undefined>;
  /** Claims due jobs of these names, the longest overdue first. Leaves out those that another process claims or runs. */
  claim(names: readonly string[], terms: ClaimTerms): Promise<readonly ClaimedJob[]>;
  /** Extends a lease. Returns false if another process has taken over. */
  renew(lease: Lease, forMs: number): Promise<boolean>;
  /** Records a successful run. */
  complete(lease: Lease, nextRun: Date): Promise<void>;
  /** Records a failed run. */
  fail(lease: Lease, error: string, nextRun: Date): Promise<void>;
  /** Returns a job that was not run to its end. Another process can claim it at once. */
  handBack(lease: Lease): Promise<void>;
  /** Returns all jobs, by name. */
  findAll(): Promise<readonly Job[]>;
}

/** Wakes other processes that share the database. Not all engines can: work is found by polling, too. */
export interface WakeChannel extends AsyncDisposable {
  /** Announces that there may be new work. Calls within a second are combined. */
  notify(): void;
}
