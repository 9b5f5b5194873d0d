import { setImmediate } from 'node:timers/promises';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { Turns } from '../../kit/turns.ts';

/** Bounds for `ListGate`; `limits` by default. */
export interface ListGateOptions {
  readonly atOnce?: number;
  readonly waitingMax?: number;
  readonly waitMs?: number;
}

/** Makes the pages of lists a few at a time, so that other requests are answered in between however many lists are asked for. */
export class ListGate {
  readonly #turns: Turns;
  readonly #pagesMax: number;
  readonly #waitMs: number;
  #pages = 0;

  constructor(options: ListGateOptions = {}) {
    const { atOnce = limits.listsAtOnce, waitingMax = limits.listsWaiting } = options;
    this.#turns = new Turns(atOnce);
    this.#pagesMax = atOnce + waitingMax;
    this.#waitMs = options.waitMs ?? limits.listWaitMs;
  }

  /**
   * Makes a page when it is its turn. Throws `busy` when too many wait or the turn comes too late, and the reason of the signal when
   * the client has left.
   */
  async make<T>(signal: AbortSignal | undefined, page: () => Promise<T>): Promise<T> {
    if (this.#pages >= this.#pagesMax) throw tooBusy();
    const latest = performance.now() + this.#waitMs;
    this.#pages++;
    try {
      return await this.#turns.take(async () => {
        // An embedded database answers without leaving the thread: without this, pages would follow each other like one.
        await setImmediate();
        signal?.throwIfAborted();
        if (performance.now() > latest) throw tooBusy();
        return await page();
      });
    } finally {
      this.#pages--;
    }
  }
}

function tooBusy(): ClairError {
  return new ClairError('busy', 'too many lists are asked for at once: ask again later');
}
