import type { AdvisoryEvent, Store, StoredVulnerability } from '../store/store.ts';

/** What following events needs. */
export interface FollowingRoom {
  readonly store: Pick<Store, 'events' | 'vulnerabilities'>;
  /** Waits a little, and less when there may be new events; ends at once when the signal comes. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
}

/** An event with the record before and after it. */
export interface FollowedEvent {
  readonly event: AdvisoryEvent;
  readonly old: StoredVulnerability | null;
  readonly new: StoredVulnerability | null;
  /** Events between the one before and this that were thrown away before anybody asked for them. */
  readonly missed: number;
}

const eventsAtATime = 100;

/** Events behind a number, or from now on, as they come, until the signal: who comes back with the last number misses none. */
export async function* followEvents(
  after: number | undefined,
  { store, pause }: FollowingRoom,
  signal: AbortSignal,
): AsyncGenerator<FollowedEvent> {
  let last = after ?? (await store.events.last());
  while (!signal.aborted) {
    const events = await store.events.after(last, eventsAtATime);
    const numbers = events.flatMap(({ old, new: is }) => [old, is]).filter((number) => number !== null);
    const read = await store.vulnerabilities.read(numbers);
    const records = new Map(read.map((record) => [record.number, record]));
    for (const event of events) {
      const side = (number: number | null) => (number === null ? null : (records.get(number) ?? null));
      yield { event, old: side(event.old), new: side(event.new), missed: event.number - last - 1 };
      last = event.number;
    }
    if (events.length < eventsAtATime) await pause(signal);
  }
}
