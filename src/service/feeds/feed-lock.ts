import type { FeedName, Store } from '../../store/store.ts';

/** What working on feeds takes that several processes share. */
export interface FeedLockDeps {
  readonly store: Pick<Store, 'locks'>;
  readonly now: () => Date;
  /** Names this process among those that share the store. */
  readonly owner: string;
  /** How long to wait for another process that works on the same feed. */
  readonly lockWaitMs: number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** A step of the work, and which of how many it is where that is known. */
  readonly onProgress: (step: string, position?: { readonly n: number; readonly of: number }) => void;
}

/** A lock is short, so that a killed process stops nobody for long, and renewed while its owner works. */
const lockMs = 10_000;
const renewMs = 3000;

/** How long after another process has let go of a feed it is noticed at the latest. */
export const pollMs: number = 200;

/** A feed that nobody else works on until this is disposed of. */
export interface FeedLock extends AsyncDisposable {
  /** How long another process had to be waited for; 0 when none held the feed, however long the store took to say so. */
  readonly waitedMs: number;
}

/** Locks a feed, for `await using`; undefined when patience ended before another process let go of it. */
export async function lockFeed(
  { source, feed }: FeedName,
  deps: FeedLockDeps,
): Promise<FeedLock | undefined> {
  const name = `${source}/${feed}`;
  const lock = `update ${name}`;
  const waitedMs = await acquireLock(lock, name, deps);
  if (waitedMs === undefined) return undefined;
  const renewal = setInterval(() => {
    // A renewal that fails is tried again by the next; the lock outlives two of them.
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

/** Takes the lock and answers how long another held it meanwhile; undefined when patience ended first. */
async function acquireLock(lock: string, name: string, deps: FeedLockDeps): Promise<number | undefined> {
  const start = deps.now().getTime();
  for (let waitedMs = 0; ; waitedMs = deps.now().getTime() - start) {
    if (await deps.store.locks.acquire(lock, deps.owner, lockMs)) return waitedMs;
    if (waitedMs >= deps.lockWaitMs) return undefined;
    deps.onProgress(`waiting for another process that is fetching ${name}`);
    await deps.sleep(pollMs);
  }
}
