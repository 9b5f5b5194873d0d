import type { AdvisoryEvent } from '../../store/event-store.ts';
import type { Store } from '../../store/store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';

/** Dependencies of `followEvents`. */
export interface FollowEventsDeps {
  readonly store: Pick<Store, 'events' | 'vulnerabilities'>;
  /** Waits for a short time. Resolves early if there may be new events or the signal aborts. */
  readonly sleepOrWake: (signal: AbortSignal) => Promise<void>;
}

/** An event with the record before and after it. */
export interface FollowedEvent {
  readonly kind: 'event';
  readonly event: AdvisoryEvent;
  readonly old: StoredVulnerability | null;
  readonly new: StoredVulnerability | null;
  /** Number of events between the previous one and this one that were deleted before they were read. */
  readonly missed: number;
}

/** Signals that there are no events after number `last` yet. */
export interface CaughtUp {
  readonly kind: 'caught-up';
  readonly last: number;
}

/** Small, because a record may have thousands of rows and there may be many followers. */
const eventBatchSize = 10;

/**
 * Yields the events after a number as they appear, until the signal aborts. Yields `caught-up` and waits whenever there are no more. A
 * client that resumes with the last number misses none. Reads no further ahead than one batch.
 */
export async function* followEvents(
  after: number,
  { store, sleepOrWake }: FollowEventsDeps,
  signal: AbortSignal,
): AsyncGenerator<FollowedEvent | CaughtUp> {
  for (let last = after; !signal.aborted; ) {
    const events = await store.events.findAfter(last, eventBatchSize);
    const numbers = events.flatMap(({ old, new: is }) => [old, is]).filter((number) => number !== null);
    const read = await store.vulnerabilities.findByNumbers(numbers);
    const records = new Map(read.map((record) => [record.number, record]));
    for (const event of events) {
      const side = (number: number | null) => (number === null ? null : (records.get(number) ?? null));
      const missed = event.number - last - 1;
      last = event.number;
      yield { kind: 'event', event, old: side(event.old), new: side(event.new), missed };
    }
    if (events.length === eventBatchSize) continue;
    yield { kind: 'caught-up', last };
    await sleepOrWake(signal);
  }
}
