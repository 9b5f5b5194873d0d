/** The wait after the first failure. */
export const minBackoffMs = 1000;

/** The longest wait. */
export const maxBackoffMs = 15 * 60_000;

/** How long to wait after so many failures in a row: twice as long after each, up to the longest. */
export function backoffMs(failures: number): number {
  return Math.min(minBackoffMs * 2 ** (failures - 1), maxBackoffMs);
}

/** Has what fails rest, after each failure in a row for twice as long. Times are in milliseconds. */
export class Backoff {
  #failures = 0;
  #isUp = false;
  #start = 0;
  #end = 0;

  recordFailure(now: number): void {
    this.#failures++;
    this.recordRepeatedFailure(now);
  }

  /** The same fails again: it rests as long as before. */
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

  /** Somebody has waited until then, whatever the clock says. */
  markElapsed(until: number): void {
    if (this.#end <= until) this.#end = this.#start;
  }

  /** When it may be tried: now, where it does not rest. A clock that was set back ends the rest, it would last for ages. */
  retryAt(now: number): number {
    return this.#failures > 0 && this.#start <= now ? Math.max(this.#end, now) : now;
  }
}
