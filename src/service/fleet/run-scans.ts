import { ClairError, type ErrorCode, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { IdleWait } from '../../kit/async/idle-wait.ts';
import { sleep, WakeSignal } from '../../kit/async/wake-signal.ts';
import type { ClaimedScan } from '../../store/scan-job-store.ts';
import type { Store } from '../../store/store.ts';

/** Dependencies of `runScans`. */
export interface RunScansDeps {
  readonly store: Pick<Store, 'scanJobs'>;
  readonly now: () => Date;
  /** Name of this process. */
  readonly owner: string;
  /** Waits for `ms` at most. Resolves early if there may be new work or the signal aborts. */
  readonly sleepOrWake: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Whether this process can open the access of scans with an order. */
  readonly takesOrders: boolean;
  /** Scans an image; returns its digest. `onStep` is called when a step begins. */
  readonly scan: (job: ClaimedScan, onStep: (step: string) => void) => Promise<string>;
  /** Receives an error of the store. The scan is run again once its lease has expired. */
  readonly onError: (error: unknown) => void;
  /** Called after each run, with the error of a failed one. */
  readonly onRun: (job: ClaimedScan, error: string | undefined) => void;
}

/** Shortest and longest interval between polls for scans that other processes have left, in milliseconds. */
const [minPollMs, maxPollMs] = [1000, 30_000];

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

/** Runs scans of images until the signal aborts, `limits.scansAtOnce` at a time. Returns after the last run has ended. */
export async function runScans(deps: RunScansDeps, signal: AbortSignal): Promise<void> {
  const running = new Set<Promise<void>>();
  const ended = new WakeSignal();
  const idle = new IdleWait(minPollMs, maxPollMs);
  while (!signal.aborted) {
    const awake = new AbortController();
    const either = AbortSignal.any([signal, awake.signal]);
    // Before the claim: a scan that is added meanwhile is not missed.
    const woken = Promise.race([deps.sleepOrWake(maxPollMs, either), ended.wait(either)]);
    const claimed = await claimScans(limits.scansAtOnce - running.size, deps);
    for (const job of claimed) {
      const run = runScan(job, deps, signal).finally(() => {
        running.delete(run);
        ended.notify();
      });
      running.add(run);
    }
    if (claimed.length > 0) idle.reset();
    await Promise.race([woken, sleep(await waitMs(idle, deps), either)]);
    awake.abort();
  }
  await Promise.all(running);
}

async function claimScans(limit: number, deps: RunScansDeps): Promise<readonly ClaimedScan[]> {
  if (limit < 1) return [];
  const { owner, takesOrders } = deps;
  const terms = { limit, owner, forMs: scanLeaseMs, perRegistry: limits.scansPerRegistry, takesOrders };
  try {
    // Nothing is written before a scan is due.
    const next = await deps.store.scanJobs.findNextRun();
    if (next === undefined || Date.parse(next) > deps.now().getTime()) return [];
    return await deps.store.scanJobs.claim(terms);
  } catch (error) {
    deps.onError(error);
    return [];
  }
}

async function waitMs(idle: IdleWait, { store, now }: RunScansDeps): Promise<number> {
  const poll = idle.next();
  const next = await store.scanJobs.findNextRun().catch(() => undefined);
  const untilNext = next === undefined ? poll : Date.parse(next) - now().getTime();
  // A scan that is due may wait until others of its registry have ended, on any server.
  return Math.min(poll, Math.max(untilNext, minPollMs));
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
