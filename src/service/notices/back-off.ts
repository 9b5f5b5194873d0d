/** The wait after the first failure. */
export const backOffMsMin = 1000;

/** The longest wait. */
export const backOffMsMax = 15 * 60_000;

/** How long to wait after so many failures in a row: twice as long after each, up to the longest. */
export function backOffMs(failures: number): number {
  return Math.min(backOffMsMin * 2 ** (failures - 1), backOffMsMax);
}

/** Has what fails rest, after each failure in a row for twice as long. Times are in milliseconds. */
export class BackOff {
  #failures = 0;
  #isUp = false;
  #start = 0;
  #end = 0;

  noteFailure(now: number): void {
    this.#failures++;
    this.noteRepeated(now);
  }

  /** The same fails again: it rests as long as before. */
  noteRepeated(now: number): void {
    this.#isUp = false;
    this.#start = now;
    this.#end = now + backOffMs(Math.max(this.#failures, 1));
  }

  noteSuccess(): void {
    this.#failures = 0;
    this.#isUp = true;
  }

  /** Whether the last try succeeded; false before the first one. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Somebody has waited until then, whatever the clock says. */
  noteRested(until: number): void {
    if (this.#end <= until) this.#end = this.#start;
  }

  /** When it may be tried: now, where it does not rest. A clock that was set back ends the rest, it would last for ages. */
  endOfRest(now: number): number {
    return this.#failures > 0 && this.#start <= now ? Math.max(this.#end, now) : now;
  }
}
