import { ClairError, type ErrorCode, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ClaimedScan, ScanClaimTerms } from '../../store/scan-job-store.ts';
import type { Store } from '../../store/store.ts';
import { type RunQueueDeps, runQueue } from '../jobs/run-queue.ts';

/** Dependencies of `runScans`. A scan whose outcome could not be recorded is run again once its lease has expired. */
export interface RunScansDeps extends RunQueueDeps {
  readonly store: Pick<Store, 'scanJobs'>;
  /** Name of this process. */
  readonly owner: string;
  /** Scans that this process runs at a time. */
  readonly atOnce: number;
  /** Returns how many scans of images of a registry all processes run at a time. */
  readonly perRegistry: ScanClaimTerms['perRegistry'];
  /** Whether this process can open the access of scans with an order. */
  readonly takesOrders: boolean;
  /** Scans an image; returns its digest. `onStep` is called when a step begins. */
  readonly scan: (job: ClaimedScan, onStep: (step: string) => void) => Promise<string>;
  /** Called after each run, with the error of a failed one. */
  readonly onRun: (job: ClaimedScan, error: string | undefined) => void;
}

/** Shortest interval between polls for scans that other processes have left, in milliseconds. */
const minPollMs = 1000;

/** Duration of a lease without a heartbeat. A scan of a killed process waits that long. In milliseconds. */
const scanLeaseMs = 30_000;

const heartbeatMs = 10_000;

/** Wait after the first failure, in milliseconds. It doubles with each failure. */
const firstRetryMs = 30_000;

/** Errors that another attempt may not have. Another one would fail like the first. */
const temporary: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'registry-unavailable',
  'busy',
  'store-unavailable',
  'store-conflict',
  'timed-out',
]);

/** Runs scans of images until the signal aborts. Returns after the last run has ended. */
export async function runScans(deps: RunScansDeps, signal: AbortSignal): Promise<void> {
  const { atOnce, owner, perRegistry, takesOrders } = deps;
  const { scanJobs } = deps.store;
  const terms = { owner, forMs: scanLeaseMs, perRegistry, takesOrders };
  await runQueue(
    {
      atOnce,
      minPollMs,
      findNextRun: () => scanJobs.findNextRun(),
      claim: (limit) => scanJobs.claim({ ...terms, limit }),
      run: (job) => runScan(job, deps, signal),
    },
    deps,
    signal,
  );
}

/** Runs a claimed scan and records the outcome. Hands it back if the signal has aborted. */
async function runScan(job: ClaimedScan, deps: RunScansDeps, signal: AbortSignal): Promise<void> {
  const { scanJobs } = deps.store;
  const { lease } = job;
  let renewed: Promise<unknown> = Promise.resolve();
  // One after the other, so that the last step stays.
  const renew = (step?: string): void => {
    renewed = renewed
      .then(() => scanJobs.renew(lease, scanLeaseMs, step))
      // The next heartbeat retries a failed one. A lost lease is refused at the end of the run.
      .catch(() => undefined);
  };
  const heartbeat = setInterval(renew, heartbeatMs);
  try {
    const outcome = await outcomeOf(job, deps, renew);
    // After the end of the run, its step could no longer be recorded.
    await renewed;
    if (signal.aborted && outcome.error !== undefined) await scanJobs.handBack(lease);
    else if (outcome.error === undefined) await scanJobs.complete(lease, outcome.digest);
    else await scanJobs.fail(lease, messageOf(outcome.error), nextRunOf(job, outcome.error, deps));
    deps.onRun(job, outcome.error === undefined ? undefined : messageOf(outcome.error));
  } catch (error) {
    deps.onError(error);
  } finally {
    clearInterval(heartbeat);
  }
}

type Outcome = { readonly digest: string; readonly error?: undefined } | { readonly error: Error };

async function outcomeOf(
  job: ClaimedScan,
  { scan }: RunScansDeps,
  onStep: (step: string) => void,
): Promise<Outcome> {
  try {
    return { digest: await scan(job, onStep) };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Returns when a failed scan runs again. Undefined if it has failed. */
function nextRunOf({ attempt }: ClaimedScan, error: Error, { now }: RunScansDeps): Date | undefined {
  const isTemporary = !(error instanceof ClairError) || temporary.has(error.code);
  if (!isTemporary || attempt >= limits.scanAttempts) return undefined;
  const asked = error instanceof ClairError ? (error.retryAfterMs ?? 0) : 0;
  const waitMs = Math.max(firstRetryMs * 2 ** (attempt - 1), Math.min(asked, limits.walkPauseMs));
  return new Date(now().getTime() + waitMs);
}
