import { setImmediate } from 'node:timers/promises';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';

/** Bounds for `ListGate`; `limits` by default. */
export interface ListLimiterOptions {
  readonly concurrency?: number;
  readonly waitingMax?: number;
  readonly waitMs?: number;
}

/** Makes the pages of lists a few at a time, so that other requests are answered in between however many lists are asked for. */
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
   * Makes a page when it is its turn. Throws `busy` when too many wait or the turn comes too late, and the reason of the signal when
   * the client has left.
   */
  async run<T>(signal: AbortSignal | undefined, page: () => Promise<T>): Promise<T> {
    if (this.#pages >= this.#pagesMax) throw listBusyError();
    const latest = performance.now() + this.#waitMs;
    this.#pages++;
    try {
      return await this.#semaphore.run(async () => {
        // An embedded database answers without leaving the thread: without this, pages would follow each other like one.
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
  return new ClairError('busy', 'too many lists are asked for at once: ask again later');
}
