/** Wait after the first failure, in milliseconds. */
export const minBackoffMs = 1000;

/** Longest wait, in milliseconds. */
export const maxBackoffMs = 15 * 60_000;

/** Returns the wait after `failures` failures in a row, in milliseconds. It doubles with each failure, up to `maxBackoffMs`. */
export function backoffMs(failures: number): number {
  return Math.min(minBackoffMs * 2 ** (failures - 1), maxBackoffMs);
}

/** Exponential backoff of one receiver or store. Times are in milliseconds. */
export class Backoff {
  #failures = 0;
  #isUp = false;
  #start = 0;
  #end = 0;

  recordFailure(now: number): void {
    this.#failures++;
    this.recordRepeatedFailure(now);
  }

  /** Records that the same item failed again: the wait does not grow. */
  recordRepeatedFailure(now: number): void {
    this.#isUp = false;
    this.#start = now;
    this.#end = now + backoffMs(Math.max(this.#failures, 1));
  }

  recordSuccess(): void {
    this.#failures = 0;
    this.#isUp = true;
  }

  /** Whether the last try succeeded; false before the first one. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Ends a wait that a caller has slept through until `until`, even if the clock disagrees. */
  markElapsed(until: number): void {
    if (this.#end <= until) this.#end = this.#start;
  }

  /**
   * Returns the time of the next attempt, which is `now` if there is no wait. A clock that was set back ends the wait, which could last too
   * long.
   */
  retryAt(now: number): number {
    return this.#failures > 0 && this.#start <= now ? Math.max(this.#end, now) : now;
  }
}
