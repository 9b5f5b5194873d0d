/** Time without a successful poll after which the loop of jobs counts as stopped: three of its longest waits. In milliseconds. */
const silentMaxMs = 90_000;

/** Whether the loop of jobs of this process still reads the table of jobs. */
export class JobPulse {
  readonly #elapsedMs: () => number;
  #lastMs: number | undefined;

  /** `elapsedMs` returns a time that never goes back, in milliseconds. */
  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  /** Records a start of the loop, or a successful poll. */
  beat(): void {
    this.#lastMs = this.#elapsedMs();
  }

  /** Returns the seconds since the last successful poll if the loop has stopped. Undefined otherwise, and if it was never started. */
  silentSeconds(): number | undefined {
    if (this.#lastMs === undefined) return undefined;
    const silentMs = this.#elapsedMs() - this.#lastMs;
    return silentMs > silentMaxMs ? Math.floor(silentMs / 1000) : undefined;
  }
}
