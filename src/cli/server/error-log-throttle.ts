import { ClairError } from '../../core/errors.ts';

/** A failure of the database that has been logged, until the same one is logged again. */
interface LoggedError {
  readonly until: number;
  suppressedCount: number;
}

/** How long the same failure of the database is counted instead of logged. */
const quietMs = 60_000;

/** Different failures that are remembered. */
const failuresMax = 100;

/**
 * Passes errors on to a log. While the database is away every request fails for the same reason: of equal failures of the database, one
 * a minute is passed on, with the number of those before it that were not.
 */
export class ErrorLogThrottle {
  readonly #log: (error: unknown, repeated: number) => void;
  readonly #now: () => number;
  readonly #logged = new Map<string, LoggedError>();

  constructor(log: (error: unknown, repeated: number) => void, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  record(error: unknown): void {
    if (!(error instanceof ClairError) || !error.code.startsWith('store-')) {
      this.#log(error, 0);
      return;
    }
    const now = this.#now();
    const logged = this.#logged.get(error.message);
    if (logged !== undefined && now < logged.until) {
      logged.suppressedCount++;
      return;
    }
    if (this.#logged.size >= failuresMax) this.#logged.clear();
    this.#logged.set(error.message, { until: now + quietMs, suppressedCount: 0 });
    this.#log(error, logged?.suppressedCount ?? 0);
  }
}
