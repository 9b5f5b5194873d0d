import { setTimeout as wait } from 'node:timers/promises';

/** When work is tried again. */
export interface RetryOptions {
  /** Whether another attempt may succeed after this error. */
  readonly isRetryable: (error: unknown) => boolean;
  /** The milliseconds before the next attempt, after the attempt with this number, counted from 1. Undefined gives up. */
  readonly delays: (attempt: number, error: unknown) => number | undefined;
  /** No attempt follows a failure after this time of `monotonicMs`. */
  readonly deadline?: number;
  /** Ends the retries, and the pauses between them, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Waits between two attempts; `abortableSleep` by default. */
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
}

/** Returns the milliseconds of a clock that never goes back. `performance` has one, too, but a short scan would load its module for that. */
export function monotonicMs(): number {
  return process.uptime() * 1000;
}

/** Runs work until it succeeds. Throws the last error of the work once no further attempt is made, or the reason of the signal. */
export async function retry<T>(work: () => T | Promise<T>, options: RetryOptions): Promise<T> {
  const {
    isRetryable,
    delays,
    deadline = Number.POSITIVE_INFINITY,
    signal,
    sleep = abortableSleep,
  } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const isRetried = isRetryable(error) && monotonicMs() <= deadline;
      const delayMs = isRetried ? delays(attempt, error) : undefined;
      if (delayMs === undefined) throw error;
      await sleep(delayMs, signal);
    }
  }
}

/** Waits. Rejects with an `AbortError` when the signal aborts. */
export async function abortableSleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal });
}
