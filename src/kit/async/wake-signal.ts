import { abortableSleep } from './retry.ts';

/** Wakes waiting tasks when an event has happened. */
export class WakeSignal {
  readonly #waiters = new Set<() => void>();

  /** Wakes all tasks that wait now. */
  notify(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Calls `onNotify` at each `notify()` until `end` aborts. */
  listen(onNotify: () => void, end: AbortSignal): void {
    if (end.aborted) return;
    this.#waiters.add(onNotify);
    end.addEventListener('abort', () => this.#waiters.delete(onNotify), { once: true });
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

/** Wakes one task, also for an event since its last wait. */
export class WakeLatch {
  readonly #signal = new WakeSignal();
  #hasHappened = false;

  /** Wakes the task, now or at its next wait. */
  notify(): void {
    this.#hasHappened = true;
    this.#signal.notify();
  }

  /** Resolves once there was a `notify()` since the last wait, or when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#hasHappened) await this.#signal.wait(signal);
    this.#hasHappened = false;
  }
}

/** Waits `ms` milliseconds, or until the signal is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await abortableSleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** Waits `ms` milliseconds, or until `wakeSignal` is notified or `signal` is aborted. */
export async function sleepOrWake(
  ms: number,
  wakeSignal: Pick<WakeSignal, 'wait'>,
  signal: AbortSignal,
): Promise<void> {
  await untilFirst([(until) => wakeSignal.wait(until), (until) => sleep(ms, until)], signal);
}

/** Resolves when the first of several waits ends, or `signal` aborts. The signal that each gets then ends the others. */
export async function untilFirst(
  waits: readonly ((until: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const awake = new AbortController();
  const either = AbortSignal.any([signal, awake.signal]);
  await Promise.race(waits.map((wait) => wait(either)));
  awake.abort();
}

/**
 * Returns `sleepOrWake` for one task. It also ends at once if `wakeSignal` was notified since the last wait: the task may have looked for
 * work just before that. Listens until `end` aborts.
 */
export function attentiveSleep(
  wakeSignal: WakeSignal,
  end: AbortSignal,
): (ms: number, signal: AbortSignal) => Promise<void> {
  const latch = new WakeLatch();
  wakeSignal.listen(() => {
    latch.notify();
  }, end);
  return (ms, signal) => sleepOrWake(ms, latch, signal);
}
