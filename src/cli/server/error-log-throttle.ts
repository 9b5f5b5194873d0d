import { ClairError } from '../../core/errors.ts';

/** A logged failure of the database. `until` is the time from which an equal one is logged again. */
interface LoggedError {
  readonly until: number;
  suppressedCount: number;
}

/** Period in which equal failures of the database are counted instead of logged. */
const quietMs = 60_000;

/** Maximum number of distinct failures that are remembered. */
const failuresMax = 100;

/**
 * Throttles the log of errors. While the database is unavailable, every request fails for the same reason. Of equal failures of the
 * database, one per minute is logged, with the number of suppressed ones.
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
