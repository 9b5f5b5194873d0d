import { isDoneWithin } from './in-time.ts';
import { limits } from './limits.ts';

/** What names a piece of work. */
export interface WorkRequest {
  /** Of equal keys, one piece of work runs at a time. */
  readonly key: string;
  /** Requests with the same key and content share a result. */
  readonly content: string;
}

/** Bounds on work whose callers have left. */
export interface AbandonedBounds {
  readonly abandonedMax: number;
  readonly abandonedMs: number;
  /** How long the end of work is waited for when the whole is disposed of. */
  readonly stopMs: number;
}

interface Running<T> extends WorkRequest {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
  timer?: NodeJS.Timeout;
}

/**
 * Runs one piece of work a key at a time. A caller with an equal request joins it; one with another request for the key waits for its
 * turn. Work goes on when its callers leave, so that a retry finds the result. Only some may go on so, and only for some time. Disposing
 * ends all work.
 */
export class KeyedWork<T> implements AsyncDisposable {
  readonly #running = new Map<string, Running<T>>();
  readonly #bounds: AbandonedBounds;
  readonly #ending = new AbortController();
  #abandoned = 0;

  constructor(bounds: Partial<AbandonedBounds> = {}) {
    this.#bounds = {
      abandonedMax: limits.abandonedPosts,
      abandonedMs: limits.abandonedPostMs,
      stopMs: limits.stopMs,
      ...bounds,
    };
  }

  /** Throws what the work throws, and the reason of the signal when that comes first. */
  async run(
    { key, content }: WorkRequest,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      this.#ending.signal.throwIfAborted();
      const running = this.#running.get(key) ?? this.#start({ key, content }, work);
      if (running.content === content && !running.abort.signal.aborted)
        return await this.#join(running, signal);
      await unlessAborted(
        running.result.catch(() => undefined),
        signal,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error('the server stops'));
    const results = Array.from(this.#running.values(), ({ result }) => result);
    await isDoneWithin(Promise.allSettled(results), this.#bounds.stopMs);
  }

  #start({ key, content }: WorkRequest, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const abort = new AbortController();
    const result = work(AbortSignal.any([abort.signal, this.#ending.signal])).finally(() => {
      this.#running.delete(key);
      this.#reclaim(running);
    });
    // A failure after all callers have left is reported by the work itself.
    result.catch(() => undefined);
    const running: Running<T> = { key, content, result, abort, waiting: 0 };
    this.#running.set(key, running);
    return running;
  }

  async #join(running: Running<T>, signal: AbortSignal): Promise<T> {
    running.waiting++;
    this.#reclaim(running);
    try {
      return await unlessAborted(running.result, signal);
    } finally {
      if (--running.waiting === 0 && signal.aborted) this.#abandon(running);
    }
  }

  #abandon(running: Running<T>): void {
    if (this.#running.get(running.key) !== running) return;
    if (this.#abandoned >= this.#bounds.abandonedMax) {
      running.abort.abort(new Error('too much work goes on without a caller'));
      return;
    }
    this.#abandoned++;
    running.timer = setTimeout(() => {
      running.abort.abort(new Error('the work took too long without a caller'));
    }, this.#bounds.abandonedMs).unref();
  }

  /** Counts work as abandoned no longer. */
  #reclaim(running: Running<T>): void {
    if (running.timer === undefined) return;
    clearTimeout(running.timer);
    delete running.timer;
    this.#abandoned--;
  }
}

/** The result, unless the signal comes first: then its reason is thrown. */
async function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = (): void => {
    reject(signal.reason);
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([result, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
