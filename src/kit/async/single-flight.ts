import { limits } from '../../core/limits.ts';
import { raceAbort } from './abort.ts';
import { settlesWithin } from './timeout.ts';

/** The identity of a piece of work. */
export interface SingleFlightRequest {
  /** Only one piece of work runs at a time for a key. */
  readonly key: string;
  /** Requests with the same key and content share a result. */
  readonly content: string;
}

/** Limits on work that all callers have left. */
export interface SingleFlightOptions {
  readonly abandonedMax: number;
  readonly abandonedMs: number;
  /** Milliseconds that disposing waits for the work to end. */
  readonly stopMs: number;
}

interface Flight<T> extends SingleFlightRequest {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
  timer?: NodeJS.Timeout;
}

/**
 * Runs one piece of work per key at a time. A caller with an equal request joins it. A caller with another request for the key waits for
 * its turn. Work goes on when its callers leave, so that a retry finds the result. The number and time of such abandoned work are limited.
 * Disposing aborts all work.
 */
export class SingleFlight<T> implements AsyncDisposable {
  readonly #flights = new Map<string, Flight<T>>();
  readonly #options: SingleFlightOptions;
  readonly #ending = new AbortController();
  #abandoned = 0;

  constructor(options: Partial<SingleFlightOptions> = {}) {
    this.#options = {
      abandonedMax: limits.abandonedPosts,
      abandonedMs: limits.abandonedPostMs,
      stopMs: limits.stopMs,
      ...options,
    };
  }

  /** Throws any error of the work, or the reason of the signal if it aborts first. */
  async run(
    { key, content }: SingleFlightRequest,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      this.#ending.signal.throwIfAborted();
      let running = this.#flights.get(key);
      if (running === undefined) {
        const abort = new AbortController();
        const result = work(AbortSignal.any([abort.signal, this.#ending.signal]));
        running = this.#track({ key, content, abort, result });
      }
      if (running.content === content && !running.abort.signal.aborted)
        return await this.#join(running, signal);
      await raceAbort(
        running.result.catch(() => undefined),
        signal,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error('the server is stopping'));
    const results = Array.from(this.#flights.values(), ({ result }) => result);
    await settlesWithin(Promise.allSettled(results), this.#options.stopMs);
  }

  /** Keeps started work until it ends. */
  #track(started: Omit<Flight<T>, 'waiting'>): Flight<T> {
    const result = started.result.finally(() => {
      this.#flights.delete(started.key);
      this.#reclaim(running);
    });
    // The work itself reports a failure after all callers have left.
    result.catch(() => undefined);
    const running: Flight<T> = { ...started, result, waiting: 0 };
    this.#flights.set(started.key, running);
    return running;
  }

  async #join(running: Flight<T>, signal: AbortSignal): Promise<T> {
    running.waiting++;
    this.#reclaim(running);
    try {
      return await raceAbort(running.result, signal);
    } finally {
      if (--running.waiting === 0 && signal.aborted) this.#abandon(running);
    }
  }

  #abandon(running: Flight<T>): void {
    if (this.#flights.get(running.key) !== running) return;
    if (this.#abandoned >= this.#options.abandonedMax) {
      running.abort.abort(new Error('too many requests are processed without a caller'));
      return;
    }
    this.#abandoned++;
    running.timer = setTimeout(() => {
      running.abort.abort(new Error('the request took too long without a caller'));
    }, this.#options.abandonedMs).unref();
  }

  /** Stops counting work as abandoned. */
  #reclaim(running: Flight<T>): void {
    if (running.timer === undefined) return;
    clearTimeout(running.timer);
    delete running.timer;
    this.#abandoned--;
  }
}
