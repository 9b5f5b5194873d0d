import type { FeedName } from '../../store/feed-state.ts';
import type { Lease } from '../../store/lock-store.ts';
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
  /** For the writes of the feed. */
  readonly lease: Lease;
  /** Wait for another process, in milliseconds. 0 if no process held the lock, even if the store was slow. */
  readonly waitedMs: number;
}

/** Locks a feed, for `await using`. Returns undefined if another process still holds the lock after `lockWaitMs`. */
export async function lockFeed(
  { source, feed }: FeedName,
  deps: FeedLockDeps,
): Promise<FeedLock | undefined> {
  const name = `${source}/${feed}`;
  const acquired = await acquireLock(name, deps);
  if (acquired === undefined) return undefined;
  const { lease } = acquired;
  const { locks } = deps.store;
  const renewal = setInterval(() => {
    // The next renewal retries a failed one. The lock outlasts two failures. A lost lease is refused by the writes of the feed.
    locks.renew(lease, lockMs).catch(() => undefined);
  }, renewMs);
  return {
    ...acquired,
    [Symbol.asyncDispose]: async () => {
      clearInterval(renewal);
      await locks.release(lease);
    },
  };
}

/** Acquires the lock of a feed. Returns undefined after `lockWaitMs`. */
async function acquireLock(
  name: string,
  deps: FeedLockDeps,
): Promise<Pick<FeedLock, 'lease' | 'waitedMs'> | undefined> {
  const start = deps.now().getTime();
  for (let waitedMs = 0; ; waitedMs = deps.now().getTime() - start) {
    const lease = await deps.store.locks.acquire(`update ${name}`, deps.owner, lockMs);
    if (lease !== undefined) return { lease, waitedMs };
    if (waitedMs >= deps.lockWaitMs) return undefined;
    deps.onProgress(`waiting for another process that is fetching ${name}`);
    await deps.sleep(pollMs);
  }
}
