import { limits } from '../../../core/limits.ts';
import { lockTimeoutMs } from '../../store-timeout.ts';
import { unavailable, unusable } from './unusable.ts';

/** Result codes of SQLite (sqlite.org/rescode.html) for which somebody outside this program has to do something. */
const remedies: ReadonlyMap<number, string> = new Map([
  [3, 'the system forbids it: check who owns the file and its directory'],
  [7, 'there is not enough memory'],
  [8, 'it cannot be written: check the rights of the file and its directory, or choose another place'],
  [10, 'the disk reports an error: check the disk and the rights of the directory'],
  [11, 'its content is damaged: delete it, and the next run makes a new one'],
  [13, 'the disk is full: make room, or choose another place'],
  [14, 'it cannot be opened: check the path, and that its directory can be written'],
  [26, 'it is a file of another kind: choose another place'],
]);

const busy = 5;

/** Whether another connection holds the lock that was wanted. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === busy;
}

/** An error of SQLite as what it means for the database at `place`; any other error as it is. */
export function fromSqliteError(error: unknown, place: string): unknown {
  const remedy = remedies.get(resultCode(error) ?? 0);
  return remedy === undefined ? error : unusable(place, remedy, error);
}

/** Waits for the locks that other connections hold on one database. */
export class LockRetry {
  readonly #place: string;
  #waiting = 0;
  /** Since when every try was refused, and when the last one was; undefined after one that was not. */
  #busySpan: { readonly since: number; readonly last: number } | undefined;

  /** `place` names the database in errors. */
  constructor(place: string) {
    this.#place = place;
  }

  /** Does what a lock may refuse, again and again until it is done or the wait of the present work is over: `store-unavailable` then. */
  async retryWhileBusy<T>(work: () => T | Promise<T>): Promise<T> {
    return await this.#retry(work, performance.now() + lockTimeoutMs());
  }

  /**
   * As `patiently`, for a read. Reads have one connection and wait for each other: the wait of all of them begins with the lock, so that
   * the last of them does not wait for the sum.
   */
  async retryReadWhileBusy<T>(work: () => T | Promise<T>): Promise<T> {
    const now = performance.now();
    const isStill = this.#busySpan !== undefined && now - this.#busySpan.last < limits.storeReadWaitMs;
    if (!isStill) this.#busySpan = undefined;
    return await this.#retry(work, (this.#busySpan?.since ?? now) + lockTimeoutMs());
  }

  async #retry<T>(work: () => T | Promise<T>, deadline: number): Promise<T> {
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, 50)) {
      try {
        const done = await work();
        this.#busySpan = undefined;
        return done;
      } catch (error) {
        if (!isBusy(error)) throw error;
        const now = performance.now();
        this.#busySpan = { since: this.#busySpan?.since ?? now, last: now };
        if (now >= deadline || this.#waiting >= limits.storeWaiting) throw this.#lockedError(error);
      }
      await this.#pause(pauseMs);
    }
  }

  async #pause(ms: number): Promise<void> {
    this.#waiting++;
    try {
      await new Promise((resolve) => setTimeout(resolve, ms));
    } finally {
      this.#waiting--;
    }
  }

  #lockedError(error: unknown): Error {
    const seconds = lockTimeoutMs() / 1000;
    const why = `another process has kept it locked for ${seconds} s: wait for that process or end it`;
    return unavailable(this.#place, why, error);
  }
}

/** The primary result code: the extended ones tell more in their higher bytes. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}
