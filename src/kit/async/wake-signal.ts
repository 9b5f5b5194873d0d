/** Wakes who waits, when something happened that they wait for. */
export class WakeSignal {
  readonly #waiters = new Set<() => void>();

  /** Wakes all who wait now. */
  notify(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Comes back when it rings the next time, or when the signal comes: who does not wait any more is forgotten. */
  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    this.#waiters.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    await promise;
    this.#waiters.delete(wake);
    signal.removeEventListener('abort', wake);
  }
}
