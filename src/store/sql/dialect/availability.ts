import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { monotonicMs } from '../../../kit/async/retry.ts';
import { withTimeout } from '../../../kit/async/timeout.ts';

/** Called at the beginning and the end of an outage of a database. */
export interface AvailabilityEvents {
  readonly onDown?: (error: unknown) => void;
  readonly onUp?: (awayMs: number) => void;
}

interface Outage {
  readonly since: number;
  readonly cause: unknown;
  /** Resolves when the outage ends. */
  readonly end: PromiseWithResolvers<undefined>;
}

/**
 * Tracks whether a database server can be reached. The first failure begins an outage. During an outage one probe at a time
 * connects to the server, and queries wait for its result instead of connecting.
 */
export class Availability {
  readonly #probe: () => Promise<void>;
  readonly #events: AvailabilityEvents;
  #outage: Outage | undefined;
  /** Abort the waits for work of the server. */
  readonly #interrupts = new Set<(cause: unknown) => void>();
  #waiting = 0;
  #isClosed = false;

  constructor(probe: () => Promise<void>, events: AvailabilityEvents) {
    this.#probe = probe;
    this.#events = events;
  }

  /** Why the server cannot be reached; undefined while it can. */
  get cause(): unknown {
    return this.#outage?.cause;
  }

  /** Begins an outage unless there is one. */
  markDown(cause: unknown): void {
    if (this.#outage !== undefined || this.#isClosed) return;
    this.#outage = { since: monotonicMs(), cause, end: Promise.withResolvers() };
    this.#events.onDown?.(cause);
    for (const interrupt of this.#interrupts) interrupt(cause);
    void this.#probeUntilUp(this.#outage);
  }

  /** Resolves when the server can be reached. Throws the cause of the outage if it lasts longer, or if too many calls wait. */
  async waitUntilUp(waitMs: number): Promise<void> {
    const outage = this.#outage;
    if (outage === undefined) return;
    if (waitMs <= 0 || this.#isClosed || this.#waiting >= limits.storeWaiting) throw outage.cause;
    this.#waiting++;
    try {
      await withTimeout(outage.end.promise, waitMs, () => outage.cause);
    } finally {
      this.#waiting--;
    }
  }

  /** Waits for work of the server until an outage begins; then throws the cause of the outage. */
  async abortOnOutage<T>(work: Promise<T>): Promise<T> {
    const { promise: interrupted, reject } = Promise.withResolvers<never>();
    this.#interrupts.add(reject);
    try {
      return await Promise.race([work, interrupted]);
    } finally {
      this.#interrupts.delete(reject);
    }
  }

  /** Ends the probes. */
  close(): void {
    this.#isClosed = true;
  }

  async #probeUntilUp(outage: Outage): Promise<void> {
    for (let pauseMs = 20; !this.#isClosed; pauseMs = Math.min(2 * pauseMs, limits.storeProbePauseMs)) {
      try {
        await this.#probe();
        break;
      } catch {
        // It is still away.
      }
      // Only the probe itself may keep the process alive.
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    }
    if (this.#isClosed) return;
    this.#outage = undefined;
    outage.end.resolve(undefined);
    this.#events.onUp?.(monotonicMs() - outage.since);
  }
}

/** Returns an error for a database that cannot be used; `why` states the cause and the remedy. */
export function unusable(place: string, why: string, cause?: unknown): ClairError {
  return new ClairError('store-unusable', `the database ${place} cannot be used: ${why}`, { cause });
}

/** Like `unusable`, for a cause that passes or that an operator removes: a retry may succeed. */
export function unavailable(place: string, why: string, cause?: unknown): ClairError {
  return new ClairError('store-unavailable', `the database ${place} cannot be used: ${why}`, { cause });
}
