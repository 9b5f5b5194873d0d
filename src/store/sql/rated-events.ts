import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { dayMs } from '../../core/duration.ts';
import { limits } from '../../core/limits.ts';
import type { Severity } from '../../model/severity.ts';
import type { DayOfRatedEvents, RatedEvents } from '../event-store.ts';
import { rankOf, severityOfRank } from './finding-index/stored-values.ts';
import type { Tables } from './schema.ts';

/** Counts the events of a day in UTC by kind and by the severity of the fleet; without a day, those of the newest one with events. */
export async function countRatedEvents(
  db: Kysely<Tables>,
  day: string | undefined,
): Promise<DayOfRatedEvents | undefined> {
  const start = day === undefined ? await newestDay(db) : Date.parse(day);
  if (start === undefined) return undefined;
  const read = db
    .selectFrom('event')
    .select(['kind', 'name'])
    .where('at', '>=', start)
    .where('at', '<', start + dayMs)
    .where(hasSide)
    .orderBy('at', 'desc')
    .limit(limits.eventsOfDay);
  const rows = await db
    .selectFrom(read.as('read'))
    .leftJoin('found_vulnerability as found', (join) =>
      join.onRef('found.name', '=', 'read.name').on('found.images', '>', 0),
    )
    .select(['read.kind', 'found.rank'])
    .select((eb) => eb.fn.countAll().as('events'))
    .groupBy(['read.kind', 'found.rank'])
    .orderBy('read.kind')
    .orderBy('found.rank')
    .execute();
  const counts = rows.map(({ kind, rank, events }): RatedEvents => {
    const rating = rank === null ? null : severityOfRank(rank);
    return { kind, rating, events: Number(events) };
  });
  const all = counts.reduce((sum, { events }) => sum + events, 0);
  return {
    day: new Date(start).toISOString().slice(0, 10),
    isComplete: all < limits.eventsOfDay,
    counts,
  };
}

/** Returns the start of the newest day with events, in milliseconds since 1970. */
async function newestDay(db: Kysely<Tables>): Promise<number | undefined> {
  const newest = await db
    .selectFrom('event')
    .select('at')
    .where(hasSide)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest && newest.at - (newest.at % dayMs);
}

/** The condition for an event to have a record before or after it. Those of imported notifications have none. */
export const hasSide: RawBuilder<SqlBool> = sql<SqlBool>`(old_id is not null or new_id is not null)`;

/** Returns the condition for the fleet to list the vulnerability with this severity; with null, not to list it. */
export function isRated(name: string, rating: Severity | null): RawBuilder<SqlBool> {
  const rank = sql`(select rank from found_vulnerability where name = ${sql.ref(name)} and images > 0)`;
  return rating === null ? sql<SqlBool>`${rank} is null` : sql<SqlBool>`${rank} = ${rankOf(rating)}`;
}
