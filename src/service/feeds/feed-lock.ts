import type { FeedName } from '../../store/feed-state.ts';
import type { Store } from '../../store/store.ts';

/** Dependencies of work on feeds that several processes share. */
export interface FeedLockDeps {
  readonly store: Pick<Store, 'locks'>;
  readonly now: () => Date;
  /** Identifies this process among those that share the store. */
  readonly owner: string;
  /** Maximum wait for another process that works on the same feed, in milliseconds. */
  readonly lockWaitMs: number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Reports a step of the work, with the position among the feeds if it is known. */
  readonly onProgress: (step: string, position?: { readonly n: number; readonly of: number }) => void;
}

/** Lifetime of a lock in milliseconds. It is short, so that a killed process does not block others for long; the owner renews it. */
const lockMs = 10_000;
const renewMs = 3000;

/** Interval for polling a lock that another process holds, in milliseconds. */
export const pollMs: number = 200;

/** An exclusive lock on a feed, until it is disposed of. */
export interface FeedLock extends AsyncDisposable {
  /** Wait for another process, in milliseconds. 0 if no process held the lock, even if the store was slow. */
  readonly waitedMs: number;
}

/** Locks a feed, for `await using`. Returns undefined if another process still holds the lock after `lockWaitMs`. */
export async function lockFeed(
  { source, feed }: FeedName,
  deps: FeedLockDeps,
): Promise<FeedLock | undefined> {
  const name = `${source}/${feed}`;
  const lock = `update ${name}`;
  const waitedMs = await acquireLock(lock, name, deps);
  if (waitedMs === undefined) return undefined;
  const renewal = setInterval(() => {
    // The next renewal retries a failed one. The lock outlasts two failures.
    deps.store.locks.acquire(lock, deps.owner, lockMs).catch(() => undefined);
  }, renewMs);
  return {
    waitedMs,
    [Symbol.asyncDispose]: async () => {
      clearInterval(renewal);
      await deps.store.locks.release(lock, deps.owner);
    },
  };
}

/** Acquires the lock and returns the wait for another process, in milliseconds. Undefined after `lockWaitMs`. */
async function acquireLock(lock: string, name: string, deps: FeedLockDeps): Promise<number | undefined> {
  const start = deps.now().getTime();
  for (let waitedMs = 0; ; waitedMs = deps.now().getTime() - start) {
    if (await deps.store.locks.acquire(lock, deps.owner, lockMs)) return waitedMs;
    if (waitedMs >= deps.lockWaitMs) return undefined;
    deps.onProgress(`waiting for another process that is fetching ${name}`);
    await deps.sleep(pollMs);
  }
}
