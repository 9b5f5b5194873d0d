import type { AdvisoryEvent, Store, StoredVulnerability } from '../../store/store.ts';

/** What following events needs. */
export interface FollowEventsDeps {
  readonly store: Pick<Store, 'events' | 'vulnerabilities'>;
  /** Waits a little, and less when there may be new events; ends at once when the signal comes. */
  readonly sleepOrWake: (signal: AbortSignal) => Promise<void>;
}

/** An event with the record before and after it. */
export interface FollowedEvent {
  readonly kind: 'event';
  readonly event: AdvisoryEvent;
  readonly old: StoredVulnerability | null;
  readonly new: StoredVulnerability | null;
  /** Events between the one before and this that were thrown away before anybody asked for them. */
  readonly missed: number;
}

/** There is nothing behind the event of this number by now. */
export interface CaughtUp {
  readonly kind: 'caught-up';
  readonly last: number;
}

/** Few, for a record may have thousands of rows, and there may be many who follow. */
const eventBatchSize = 10;

/**
 * Events behind a number, as they come, until the signal: who comes back with the last number misses none. Each time there is
 * nothing more it says so, and waits. It reads no more than is taken.
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
