import type { Kysely, Selectable } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { AdvisoryEvent, EventStore } from '../event-store.ts';
import type { StoredVulnerability } from '../vulnerability-store.ts';
import type { Engine, EngineConnection } from './engine.ts';
import { findFixTimes } from './fix-times.ts';
import { momentOf } from './history.ts';
import { allocateNumbers } from './id-counter.ts';
import { findEventDays, findListedEvents, pageNewestEvents, toAdvisoryEvent } from './list-events.ts';
import { countRatedEvents } from './rated-events.ts';
import { findRecordHistories } from './record-histories.ts';
import type { Tables } from './schema.ts';
import { significantChanges } from './significant-changes.ts';
import type { Staging } from './staging.ts';
import { findVulnerabilitiesByNumber } from './vulnerabilities.ts';

/** Returns the event log of a store. */
export function eventStore({ db }: Engine, now: () => number): EventStore {
  return {
    findFixTimes: async (rows, at = {}) => {
      // A store that was loaded once has no events, so a scan pays for one small query.
      if (rows.length === 0 || (await lastEventNumber(db)) === 0) return rows.map(() => undefined);
      return await findFixTimes(db, rows, await momentOf(db, at, now()));
    },
    findAfter: (number, limit) => eventsAfter(db, number, limit),
    pageNewest: (filter, page) => pageNewestEvents(db, filter, page),
    findListed: (numbers) => findListedEvents(db, numbers),
    findDays: (since) => findEventDays(db, since),
    countRated: (day) => countRatedEvents(db, day),
    findHistories: (ids) => findRecordHistories(db, ids),
    findLastNumber: () => lastEventNumber(db),
  };
}

/** Returns the number of the newest event; 0 if there never was one. */
export async function lastEventNumber(db: Kysely<Tables>): Promise<number> {
  const { last_id: last } = await db
    .selectFrom('id_counter')
    .select('last_id')
    .where('name', '=', 'event')
    .executeTakeFirstOrThrow();
  return last;
}

async function eventsAfter(db: Kysely<Tables>, number: number, limit: number): Promise<AdvisoryEvent[]> {
  const rows = await db
    .selectFrom('event')
    .innerJoin('feed', 'feed.id', 'event.feed_id')
    .selectAll('event')
    .select(['feed.source', 'feed.name as feed'])
    .where('event.number', '>', number)
    // Those of imported notifications have no side.
    .where((eb) => eb.or([eb('event.old_id', 'is not', null), eb('event.new_id', 'is not', null)]))
    .orderBy('event.number')
    .limit(limit)
    .execute();
  return rows.map(toAdvisoryEvent);
}

/** An application in the transaction that commits it. */
export interface CommittedUpdate {
  readonly feedId: number;
  readonly at: number;
  /** The number before those of the inserted records. */
  readonly before: number;
  readonly staging: Staging;
  /** Number of closed records. */
  readonly closed: number;
}

/**
 * Writes the events of an application. Compares all inserted records of a key, as a whole, with all closed ones of the key. So a
 * record that was split to retain a namespace counts as unchanged. Only significant differences make events.
 */
export async function recordEvents(
  connection: EngineConnection,
  db: Kysely<Tables>,
  update: CommittedUpdate,
): Promise<void> {
  const events = await eventsOf(db, await transitions(db, update));
  if (events.length === 0) return;
  const first = 1 + (await allocateNumbers(db, 'event', events.length));
  const columns = ['number', 'at', 'feed_id', 'key', 'name', 'kind', 'changed', 'old_id', 'new_id'];
  const writer = connection.bulkWriter(db, 'event', columns);
  for (const [i, { key, name, kind, changed, old_id: old, new_id: now }] of events.entries()) {
    const full = writer.add([first + i, update.at, update.feedId, key, name, kind, changed, old, now]);
    if (full !== undefined) await full;
  }
  await writer.finish();
}

type Event = Omit<Selectable<Tables['event']>, 'number' | 'at' | 'feed_id'>;

/** One form of a record: the record itself, or a retained part of it. */
interface Form {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly kept_for: number;
}

/** The closed and the inserted forms of a key. If the record itself is among them, it is the first. */
interface Transition {
  readonly old: readonly Form[];
  readonly now: readonly Form[];
}

/** Returns transitions in the order in which the feed names the keys; vanished keys are last. */
async function transitions(
  db: Kysely<Tables>,
  { feedId, before, staging, closed: closedCount }: CommittedUpdate,
): Promise<Transition[]> {
  const columns = ['id', 'key', 'name', 'kept_for'] as const;
  const opened = await db
    .selectFrom('vulnerability')
    .select(columns)
    .where('feed_id', '=', feedId)
    .where('valid_to', 'is', null)
    .where('id', '>', before)
    .orderBy('id')
    .execute();
  const closing = db
    .selectFrom('vulnerability')
    .select(columns)
    .where((eb) => staging.isClosed(eb))
    .orderBy('kept_for')
    .orderBy('id');
  const closed = closedCount === 0 ? [] : await closing.execute();
  const [now, old] = [Map.groupBy(opened, ({ key }) => key), Map.groupBy(closed, ({ key }) => key)];
  const keys = new Set([...now.keys(), ...old.keys()]);
  return [...keys].map((key) => ({ old: old.get(key) ?? [], now: now.get(key) ?? [] }));
}

/** Number of transitions per comparison. */
const transitionsAtATime = 200;

async function eventsOf(db: Kysely<Tables>, all: readonly Transition[]): Promise<Event[]> {
  const events: Event[] = [];
  for (const some of splitIntoChunks(all, transitionsAtATime)) {
    // Entirely new or vanished records make events without being read.
    const compared = some.filter(({ old, now }) => old.length > 0 && now.length > 0);
    const numbers = compared.flatMap(({ old, now }) => [...old, ...now].map(({ id }) => id));
    const records = new Map(
      (await findVulnerabilitiesByNumber(db, numbers)).map((record) => [record.number, record]),
    );
    events.push(...some.flatMap((transition) => eventOf(transition, records) ?? []));
  }
  return events;
}

function eventOf(
  { old, now }: Transition,
  records: ReadonlyMap<number, StoredVulnerability>,
): Event | undefined {
  const [was, is] = [old[0], now[0]];
  const current = is ?? was;
  if (current === undefined) return undefined;
  const event = { key: current.key, name: current.name, old_id: was?.id ?? null, new_id: is?.id ?? null };
  if (was === undefined) return { ...event, kind: 'new', changed: '' };
  if (is === undefined) return { ...event, kind: 'withdrawn', changed: '' };
  const read = (forms: readonly Form[]): StoredVulnerability[] =>
    forms.flatMap(({ id }) => records.get(id) ?? []);
  const changed = significantChanges(read(old), read(now));
  return changed.length === 0 ? undefined : { ...event, kind: 'changed', changed: changed.join(',') };
}
