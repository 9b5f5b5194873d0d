import { type Kysely, type Selectable, sql } from 'kysely';
import { dayMs } from '../../core/duration.ts';
import { limits } from '../../core/limits.ts';
import { padToPowerOfTwo } from '../../kit/collections.ts';
import { spellingsOf } from '../../model/cve.ts';
import { compareText } from '../../model/order.ts';
import { type Severity, worstSeverity } from '../../model/severity.ts';
import type {
  AdvisoryEvent,
  ChangedAspect,
  DayOfEvents,
  EventDays,
  EventFilter,
  EventPage,
  ListedEvent,
} from '../event-store.ts';
import type { PageRequest } from '../page.ts';
import { hasSide, isRated } from './rated-events.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';

/** An event as a row, with the names of its feed. */
export type EventOfFeed = Selectable<Tables['event']> & { readonly source: string; readonly feed: string };

/** Returns an event of its row. */
export function toAdvisoryEvent(row: EventOfFeed): AdvisoryEvent {
  return {
    number: row.number,
    at: isoTime(row.at),
    source: row.source,
    feed: row.feed,
    key: row.key,
    id: row.name,
    kind: row.kind,
    changed: row.changed === '' ? [] : (row.changed.split(',') as ChangedAspect[]),
    old: row.old_id,
    new: row.new_id,
  };
}

/** Returns a page of events by falling number. */
export async function pageNewestEvents(
  db: Kysely<Tables>,
  filter: EventFilter,
  { limit, after }: PageRequest<number>,
): Promise<EventPage> {
  const range = await numbersOf(db, filter);
  if (range === undefined) return { events: [] };
  const read = db
    .selectFrom('event')
    .select(['number', 'name', 'kind', 'old_id', 'new_id'])
    .where('number', '>=', range.first)
    .where('number', '<=', Math.min(range.last, (filter.before ?? unlimited) - 1, (after ?? unlimited) - 1))
    .$if(filter.id !== undefined, (query) => query.where('name', 'in', spellingsOf(filter.id ?? '')))
    .orderBy('number', 'desc')
    .limit(limits.listedEvents);
  const found = await db
    .selectFrom(read.as('read'))
    .select('number')
    .where(hasSide)
    .$if(filter.kind !== undefined, (query) => query.where('kind', '=', filter.kind ?? 'new'))
    .$if(filter.rating !== undefined, (query) => query.where(isRated('read.name', filter.rating ?? null)))
    .orderBy('number', 'desc')
    .limit(limit + 1)
    .execute();
  const shown = found.slice(0, limit).map(({ number }) => number);
  const lastRead = read
    .clearLimit()
    .offset(limits.listedEvents - 1)
    .limit(1);
  const next = found.length > limit ? shown.at(-1) : (await lastRead.executeTakeFirst())?.number;
  return { events: await findListedEvents(db, shown), ...(next !== undefined && { next }) };
}

const unlimited = Number.MAX_SAFE_INTEGER;

/** Returns the first and the last number of the wanted day. Undefined if it has no event. */
async function numbersOf(
  db: Kysely<Tables>,
  { day }: EventFilter,
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  if (day === undefined) return { first: 0, last: unlimited };
  const start = Date.parse(day);
  const { first, last } = await db
    .selectFrom('event')
    .select((eb) => [
      eb.fn.min<number | null>('number').as('first'),
      eb.fn.max<number | null>('number').as('last'),
    ])
    .where('at', '>=', start)
    .where('at', '<', start + dayMs)
    .executeTakeFirstOrThrow();
  return first === null || last === null ? undefined : { first, last };
}

/** Returns events by their numbers, the newest first. */
export async function findListedEvents(
  db: Kysely<Tables>,
  numbers: readonly number[],
): Promise<ListedEvent[]> {
  if (numbers.length === 0) return [];
  const rows = await db
    .selectFrom('event')
    .innerJoin('feed', 'feed.id', 'event.feed_id')
    .selectAll('event')
    .select(['feed.source', 'feed.name as feed'])
    .where('event.number', 'in', padToPowerOfTwo(numbers))
    .orderBy('event.number', 'desc')
    .execute();
  const severities = await severitiesOf(
    db,
    rows.flatMap((row) => [row.old_id ?? [], row.new_id ?? []].flat()),
  );
  const severityOf = (record: number | null): Severity | null =>
    record === null ? null : worstSeverity(severities.get(record) ?? []);
  return rows.map((row) => ({
    ...toAdvisoryEvent(row),
    severityBefore: severityOf(row.old_id),
    severityAfter: severityOf(row.new_id),
  }));
}

/** Returns the severities that records have for their packages. */
async function severitiesOf(
  db: Kysely<Tables>,
  records: readonly number[],
): Promise<ReadonlyMap<number, readonly Severity[]>> {
  const some = padToPowerOfTwo(records);
  const own = await db
    .selectFrom('vulnerability')
    .select(['id', 'severity'])
    .where('id', 'in', some)
    .execute();
  const ofRows = await db
    .selectFrom('affected')
    .select(['vulnerability_id as id', 'severity'])
    .distinct()
    .where('vulnerability_id', 'in', some)
    .execute();
  const rowsOf = Map.groupBy(ofRows, ({ id }) => id);
  return new Map(
    own.map(({ id, severity }) => [
      id,
      (rowsOf.get(id) ?? [{ severity }]).map((row) => row.severity ?? severity),
    ]),
  );
}

/** Counts the events since a day by feed and day. */
export async function findEventDays(db: Kysely<Tables>, since: string): Promise<EventDays> {
  const read = db
    .selectFrom('event')
    .select(['at', 'feed_id', 'kind'])
    .where('at', '>=', Date.parse(since))
    .orderBy('at', 'desc');
  // Grouped by numbers before the names are joined: an event is then a few bytes of an index.
  const grouped = db
    .selectFrom(read.limit(limits.countedEvents).as('read'))
    .select(['feed_id', 'kind'])
    .select((eb) => [sql<number>`at / ${sql.lit(dayMs)}`.as('day'), eb.fn.countAll().as('events')])
    .groupBy(['feed_id', 'kind', sql`at / ${sql.lit(dayMs)}`]);
  const counts = await db
    .selectFrom(grouped.as('grouped'))
    .innerJoin('feed', 'feed.id', 'grouped.feed_id')
    .select(['feed.source', 'feed.name as feed', 'grouped.kind', 'grouped.day', 'grouped.events'])
    .execute();
  const oldest = await db
    .selectFrom('event')
    .select((eb) => eb.fn.min<number | null>('at').as('at'))
    .executeTakeFirstOrThrow();
  if (oldest.at === null) return { since: null, days: [] };
  const counted = counts.reduce((sum, { events }) => sum + Number(events), 0);
  const isCut = counted >= limits.countedEvents;
  const unread = isCut ? await read.offset(limits.countedEvents).limit(1).executeTakeFirst() : undefined;
  const first = unread === undefined ? Math.max(oldest.at, Date.parse(since)) : unread.at + dayMs;
  const firstDay = dayOf(first);
  const rows = counts.map((row) => ({ ...row, day: dayOf(row.day * dayMs) }));
  const groups = Map.groupBy(
    rows.filter(({ day }) => day >= firstDay),
    ({ source, feed, day }) => JSON.stringify([day, source, feed]),
  );
  return {
    since: firstDay,
    days: [...groups].sort(([a], [b]) => compareText(a, b)).flatMap(([, group]) => toDay(group)),
  };
}

type CountedRow = Pick<EventOfFeed, 'source' | 'feed' | 'kind'> & {
  readonly day: string;
  readonly events: number | string | bigint;
};

function toDay(rows: readonly CountedRow[]): DayOfEvents[] {
  const [first] = rows;
  if (first === undefined) return [];
  const countOf = (wanted: AdvisoryEvent['kind']): number =>
    Number(rows.find(({ kind }) => kind === wanted)?.events ?? 0);
  const { source, feed, day } = first;
  const counts = { new: countOf('new'), changed: countOf('changed'), withdrawn: countOf('withdrawn') };
  return [{ source, feed, day, ...counts }];
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
