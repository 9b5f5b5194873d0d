import { IdleWait } from '../../kit/async/idle-wait.ts';
import { untilFirst, WakeLatch } from '../../kit/async/wake-signal.ts';

/** Work in the store that processes share. Each claims a part, and runs it. */
export interface WorkQueue<T> {
  /** Runs of this process at a time. */
  readonly atOnce: number;
  /** Shortest interval between polls, in milliseconds. */
  readonly minPollMs: number;
  /** Returns when the next work is due, ISO 8601. Undefined if none waits. */
  findNextRun(): Promise<string | undefined>;
  /** Claims due work; at most `limit`. */
  claim(limit: number): Promise<readonly T[]>;
  /** Runs claimed work and records its outcome. Never throws. */
  run(claimed: T): Promise<void>;
}

/** Dependencies of `runQueue`. */
export interface RunQueueDeps {
  readonly now: () => Date;
  /** Waits for `ms` at most. Resolves early if there may have been new work since the last wait, or the signal aborts. */
  readonly sleepOrWake: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Receives an error of the store. */
  readonly onError: (error: unknown) => void;
}

/** Longest interval between polls for work that other processes have left, in milliseconds. */
const maxPollMs = 30_000;

/** Runs the work of a queue until the signal aborts. Returns after the last run has ended. */
export async function runQueue<T>(
  queue: WorkQueue<T>,
  deps: RunQueueDeps,
  signal: AbortSignal,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const ended = new WakeLatch();
  const idle = new IdleWait(Math.max(queue.minPollMs, 1000), maxPollMs);
  while (!signal.aborted) {
    const claimed = await claimDue(queue, queue.atOnce - running.size, deps);
    for (const work of claimed) {
      const run = queue.run(work).finally(() => {
        running.delete(run);
        ended.notify();
      });
      running.add(run);
    }
    if (claimed.length > 0) idle.reset();
    const ms = await waitMs(queue, idle, deps);
    await untilFirst([(until) => deps.sleepOrWake(ms, until), (until) => ended.wait(until)], signal);
  }
  await Promise.all(running);
}

async function claimDue<T>(queue: WorkQueue<T>, limit: number, deps: RunQueueDeps): Promise<readonly T[]> {
  if (limit < 1) return [];
  try {
    // Nothing is written before work is due.
    const next = await queue.findNextRun();
    if (next === undefined || Date.parse(next) > deps.now().getTime()) return [];
    return await queue.claim(limit);
  } catch (error) {
    deps.onError(error);
    return [];
  }
}

async function waitMs<T>(queue: WorkQueue<T>, idle: IdleWait, { now }: RunQueueDeps): Promise<number> {
  const poll = idle.next();
  const next = await queue.findNextRun().catch(() => undefined);
  const untilNext = next === undefined ? poll : Date.parse(next) - now().getTime();
  // Due work may wait until other work has ended, on any server.
  return Math.min(poll, Math.max(untilNext, queue.minPollMs));
}
