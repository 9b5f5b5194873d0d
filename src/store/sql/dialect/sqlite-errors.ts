import { limits } from '../../../core/limits.ts';
import { abortableSleep, monotonicMs, retry } from '../../../kit/async/retry.ts';
import { lockTimeoutMs } from '../../store-timeout.ts';
import { unavailable, unusable } from './availability.ts';

/** Remedies by SQLite's result code (sqlite.org/rescode.html), for errors that an operator can solve. */
const remedies: ReadonlyMap<number, string> = new Map([
  [3, 'permission denied: check the owner of the file and its directory'],
  [7, 'there is not enough memory'],
  [8, 'it cannot be written: check the permissions of the file and its directory, or choose another path'],
  [10, 'the disk reports an error: check the disk and the permissions of the directory'],
  [11, 'its content is damaged: delete it, and the next run creates a new one'],
  [13, 'the disk is full: free space on it, or choose another path'],
  [14, 'it cannot be opened: check the path, and that its directory is writable'],
  [26, 'it is not a database file: choose another path'],
]);

const busy = 5;

/** Returns whether another connection holds the required lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === busy;
}

/** Translates an error of SQLite for the database at `place`; returns any other error unchanged. */
export function fromSqliteError(error: unknown, place: string): unknown {
  const remedy = remedies.get(resultCode(error) ?? 0);
  return remedy === undefined ? error : unusable(place, remedy, error);
}

/** Retries while other connections hold locks on one database. */
export class LockRetry {
  readonly #place: string;
  #waiting = 0;
  /** First and last refusal in a row; undefined after an attempt that was not refused. */
  #busySpan: { readonly since: number; readonly last: number } | undefined;

  /** `place` names the database in errors. */
  constructor(place: string) {
    this.#place = place;
  }

  /** Retries work that a lock refuses until it succeeds. Throws `store-unavailable` after the deadline, by default `lockTimeoutMs()`. */
  async retryWhileBusy<T>(
    work: () => T | Promise<T>,
    deadline: number = monotonicMs() + lockTimeoutMs(),
  ): Promise<T> {
    try {
      const result = await retry(work, {
        isRetryable: (error) => this.#isRetryable(error),
        delays: (attempt) => Math.min(2 ** (attempt - 1), 50),
        deadline,
        sleep: (ms) => this.#pause(ms),
      });
      this.#busySpan = undefined;
      return result;
    } catch (error) {
      throw isBusy(error) ? this.#lockedError(error) : error;
    }
  }

  /**
   * Like `retryWhileBusy`, for a read. Reads share one connection and queue up. The waits of all begin with the lock, so the last one
   * does not wait for their sum.
   */
  async retryReadWhileBusy<T>(work: () => T | Promise<T>): Promise<T> {
    const now = monotonicMs();
    const isStill = this.#busySpan !== undefined && now - this.#busySpan.last < limits.storeReadWaitMs;
    if (!isStill) this.#busySpan = undefined;
    return await this.retryWhileBusy(work, (this.#busySpan?.since ?? now) + lockTimeoutMs());
  }

  /** Records a refusal by a lock. */
  #isRetryable(error: unknown): boolean {
    if (!isBusy(error)) return false;
    const now = monotonicMs();
    this.#busySpan = { since: this.#busySpan?.since ?? now, last: now };
    return this.#waiting < limits.storeWaiting;
  }

  async #pause(ms: number): Promise<void> {
    this.#waiting++;
    try {
      await abortableSleep(ms, undefined);
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

/** Returns the primary result code; the extended codes have more in their higher bytes. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}
