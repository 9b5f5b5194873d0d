import { abortableSleep } from './retry.ts';

/** Wakes waiting tasks when an event has happened. */
export class WakeSignal {
  readonly #waiters = new Set<() => void>();

  /** Wakes all tasks that wait now. */
  notify(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Resolves at the next `notify()` or when the signal aborts. An aborted task is forgotten. */
  async wait(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    this.#waiters.add(wake);
    signal?.addEventListener('abort', wake, { once: true });
    await promise;
    this.#waiters.delete(wake);
    signal?.removeEventListener('abort', wake);
  }
}

/** Waits `ms` milliseconds, or until the signal is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await abortableSleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** Waits `ms` milliseconds, or until `wakeSignal` is notified or `signal` is aborted. */
export async function sleepOrWake(ms: number, wakeSignal: WakeSignal, signal: AbortSignal): Promise<void> {
  const awake = new AbortController();
  const either = AbortSignal.any([signal, awake.signal]);
  await Promise.race([wakeSignal.wait(either), sleep(ms, either)]);
  awake.abort();
}
