import type { RunJobsDeps } from '../service/jobs/run-jobs.ts';
import { openSqliteStore } from '../store/sql/sqlite-store.ts';
import type { Store } from '../store/store.ts';

/** A store in memory whose clock only moves when a worker waits. */
export interface VirtualTime extends AsyncDisposable {
  readonly store: Store;
  /** The dependencies of a worker that depend on time. */
  readonly deps: Pick<RunJobsDeps, 'now' | 'random' | 'sleepOrWake' | 'owner'>;
  /** Aborts at the end of the time. */
  readonly end: AbortSignal;
  readonly passedMs: () => number;
}

const start = Date.parse('2026-01-02T00:00:00Z');

/** Opens a store for one worker. The end comes after `untilMs`. */
export async function virtualTime(untilMs: number): Promise<VirtualTime> {
  const stop = new AbortController();
  let nowMs = start;
  const store = await openSqliteStore(':memory:', { now: () => nowMs });
  return {
    store,
    end: stop.signal,
    passedMs: () => nowMs - start,
    deps: {
      owner: 'worker',
      random: () => 0,
      now: store.now,
      sleepOrWake: async (ms, signal) => {
        // Runs end before time passes.
        await new Promise(setImmediate);
        if (signal.aborted) return;
        nowMs += ms;
        if (nowMs - start >= untilMs) stop.abort();
      },
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
