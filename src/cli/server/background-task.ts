import type { Logger } from 'pino';
import { limits } from '../../core/limits.ts';
import { sleep } from '../../kit/async/wake-signal.ts';

/**
 * Runs work in the background until it is disposed. Disposing aborts the signal and waits up to `limits.stopMs` for the end of the work.
 * Work that continues finds the database closed, and transactions keep it consistent.
 */
export function startBackgroundTask(
  name: string,
  log: Logger,
  work: (signal: AbortSignal) => Promise<void>,
): AsyncDisposable {
  const stop = new AbortController();
  const done = work(stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) log.error({ err: error, part: name }, 'background task failed');
  });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      const timeout = new AbortController();
      await Promise.race([done, sleep(limits.stopMs, timeout.signal)]);
      timeout.abort();
    },
  };
}
