/** Waits between polls for work. The wait doubles with each poll that finds none, so an idle process polls seldom. */
export class IdleWait {
  readonly #firstMs: number;
  readonly #lastMs: number;
  #nextMs: number;

  constructor(firstMs: number, lastMs: number) {
    this.#firstMs = firstMs;
    this.#lastMs = lastMs;
    this.#nextMs = firstMs;
  }

  /** Starts over, because there was work. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }

  /** Returns the milliseconds until the next poll. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(2 * ms, this.#lastMs);
    return ms;
  }
}
