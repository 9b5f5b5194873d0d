import type { Logger } from 'pino';
import { limits } from '../../core/limits.ts';
import { sleep } from './sleep.ts';

/**
 * Does something beside the rest until it is disposed of: the signal comes then, and its end is waited for, but not for ever. What goes
 * on after that finds the database closed, and leaves nothing half done.
 */
export function startBackgroundTask(
  name: string,
  log: Logger,
  work: (signal: AbortSignal) => Promise<void>,
): AsyncDisposable {
  const stop = new AbortController();
  const done = work(stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) log.error({ err: error, part: name }, 'a part of the server ended');
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
