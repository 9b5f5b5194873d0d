import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ClaimedJob, JobIdentity } from '../../store/job-store.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { Store } from '../../store/store.ts';

/** Work that is repeated at an interval, by one process of several. */
export interface RecurringJob extends JobIdentity {
  /** Milliseconds from the end of a successful run to the next run. */
  readonly intervalMs: number;
  /**
   * Does the work. Throws if it failed. A write of the work takes the lease, unless it has a lock of its own. `runNextAt` sets when the next
   * run is due, instead of after the interval.
   */
  run(lease: Lease, signal: AbortSignal, runNextAt: (time: Date) => void): Promise<void>;
}

/** Dependencies of a run. */
export interface RunJobDeps {
  readonly store: Pick<Store, 'jobs'>;
  readonly now: () => Date;
  /** Returns a number from 0 to 1, so that jobs that began together do not stay together. */
  readonly random: () => number;
  /** Receives an error of the store at the end of a run. The job is run again once its lease has expired. */
  readonly onError: (error: unknown) => void;
  /** Called when a job has failed `limits.jobAttempts` times in a row. */
  readonly onFailed?: (job: JobIdentity, error: string) => void;
}

/** Duration of a lease without a heartbeat. A job of a killed process waits that long. In milliseconds. */
export const leaseMs = 60_000;

const heartbeatMs = 20_000;

/** Wait after the first failure, in milliseconds. It doubles with each failure, up to the interval of the job. */
const firstRetryMs = 60_000;

/** Maximum random delay of a run, as a fraction of the wait. */
const jitter = 0.1;

/** Runs a claimed job and records the outcome. Hands the job back if the signal has aborted. */
export async function runClaimed(
  job: RecurringJob,
  { lease, attempt }: ClaimedJob,
  deps: RunJobDeps,
  signal: AbortSignal,
): Promise<void> {
  const { jobs } = deps.store;
  const heartbeat = setInterval(() => {
    // The next heartbeat retries a failed one. The lease outlasts two failures. A lost lease is refused by the writes of the job.
    jobs.renew(lease, leaseMs).catch(() => undefined);
  }, heartbeatMs);
  try {
    let waitMs = job.intervalMs;
    const runNextAt = (time: Date): void => {
      waitMs = Math.max(time.getTime() - deps.now().getTime(), 0);
    };
    const error = await errorOf(() => job.run(lease, signal, runNextAt));
    if (signal.aborted) await jobs.handBack(lease);
    else if (error === undefined) await jobs.complete(lease, nextRun(waitMs, deps));
    else {
      await jobs.fail(lease, error, nextRun(retryMs(attempt, job), deps));
      if (attempt === limits.jobAttempts) deps.onFailed?.(job, error);
    }
  } catch (error) {
    deps.onError(error);
  } finally {
    clearInterval(heartbeat);
  }
}

async function errorOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function retryMs(attempt: number, { intervalMs }: RecurringJob): number {
  return Math.min(firstRetryMs * 2 ** (attempt - 1), intervalMs);
}

function nextRun(waitMs: number, { now, random }: RunJobDeps): Date {
  return new Date(now().getTime() + Math.round(waitMs * (1 + jitter * random())));
}
