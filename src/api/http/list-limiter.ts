import { setImmediate } from 'node:timers/promises';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';

/** Limits of `ListLimiter`; those of `limits` by default. */
export interface ListLimiterOptions {
  readonly concurrency?: number;
  readonly waitingMax?: number;
  readonly waitMs?: number;
}

/** Limits how many pages of lists are built concurrently, so that other requests run in between. */
export class ListLimiter {
  readonly #semaphore: Semaphore;
  readonly #pagesMax: number;
  readonly #waitMs: number;
  #pages = 0;

  constructor(options: ListLimiterOptions = {}) {
    const { concurrency = limits.listsAtOnce, waitingMax = limits.listsWaiting } = options;
    this.#semaphore = new Semaphore(concurrency);
    this.#pagesMax = concurrency + waitingMax;
    this.#waitMs = options.waitMs ?? limits.listWaitMs;
  }

  /**
   * Builds a page when a slot is free. Throws `busy` if too many pages wait or the wait takes too long. Throws the reason of the signal if
   * the client disconnected.
   */
  async run<T>(signal: AbortSignal | undefined, page: () => Promise<T>): Promise<T> {
    if (this.#pages >= this.#pagesMax) throw listBusyError();
    const latest = performance.now() + this.#waitMs;
    this.#pages++;
    try {
      return await this.#semaphore.run(async () => {
        // An embedded database never yields to the event loop: without this, pages would run back to back.
        await setImmediate();
        signal?.throwIfAborted();
        if (performance.now() > latest) throw listBusyError();
        return await page();
      });
    } finally {
      this.#pages--;
    }
  }
}

function listBusyError(): ClairError {
  return new ClairError('busy', 'too many concurrent requests for lists: retry later');
}
