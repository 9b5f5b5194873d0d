import type { Logger } from 'pino';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { monotonicMs, type RetryOptions, retry } from '../../kit/async/retry.ts';

/** Options of `awaitDatabase`. */
export interface AwaitDatabaseOptions extends Pick<RetryOptions, 'signal' | 'sleep'> {
  readonly log: Logger;
  /** Time after which no further attempt begins, in milliseconds; `limits.storeStartMs` by default. */
  readonly forMs?: number;
}

/**
 * Opens a database, and tries again while its server cannot be reached. Each failure is logged with the database, its host and the reason.
 * Throws any other error at once, such as that of a wrong password, and the last error after `forMs`.
 */
export async function awaitDatabase<T>(
  open: () => Promise<T>,
  { log, forMs = limits.storeStartMs, ...options }: AwaitDatabaseOptions,
): Promise<T> {
  return await retry(open, {
    ...options,
    isRetryable: (error) => error instanceof ClairError && error.code === 'store-unavailable',
    delays: (attempt, error) => {
      const ms = Math.min(1000 * 2 ** (attempt - 1), limits.storeStartPauseMs);
      log.warn(
        { attempt, retryInSeconds: ms / 1000, error: messageOf(error) },
        'database unavailable at the start: trying again',
      );
      return ms;
    },
    deadline: monotonicMs() + forMs,
  });
}
