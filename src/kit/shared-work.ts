interface Shared<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
}

/** Work that is done once for all who ask for the same at the same time. It is given up when none of them waits any more. */
export class SharedWork<T> {
  readonly #running = new Map<string, Shared<T>>();

  /** Does the work that `key` names, or waits for who does it. Throws the reason of the signal when that comes first. */
  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const shared = this.#running.get(key) ?? this.#start(key, work);
    shared.waiting++;
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = (): void => {
      reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([shared.result, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      if (--shared.waiting === 0) shared.abort.abort();
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const abort = new AbortController();
    const result = work(abort.signal).finally(() => {
      this.#running.delete(key);
    });
    // Who waits is told; a failure after all have left is nobody's.
    result.catch(() => undefined);
    const shared = { result, abort, waiting: 0 };
    this.#running.set(key, shared);
    return shared;
  }
}
