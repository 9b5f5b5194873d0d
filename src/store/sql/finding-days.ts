import type { Kysely } from 'kysely';
import { limits } from '../../core/limits.ts';
import type { FindingHistory, FindingTotals } from '../finding-count-store.ts';
import type { Tables } from './schema.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Returns the day of a time in milliseconds, in UTC. */
function dayAt(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Returns whether today has a row. */
export async function hasFindingDay(db: Kysely<Tables>, now: number): Promise<boolean> {
  const query = db.selectFrom('finding_day').select('day').where('day', '=', dayAt(now));
  return (await query.executeTakeFirst()) !== undefined;
}

/** Writes the sums of today, and deletes those of days that are not kept any more. */
export async function saveFindingDay(db: Kysely<Tables>, totals: FindingTotals, now: number): Promise<void> {
  const content = JSON.stringify(totals);
  await db
    .insertInto('finding_day')
    .values({ day: dayAt(now), content })
    .onConflict((conflict) => conflict.column('day').doUpdateSet({ content }))
    .execute();
  await db
    .deleteFrom('finding_day')
    .where('day', '<=', dayAt(now - limits.findingDays * dayMs))
    .execute();
}

/** Returns the sums of the last days, today included. */
export async function findFindingHistory(
  db: Kysely<Tables>,
  days: number,
  now: number,
): Promise<FindingHistory> {
  const rows = await db
    .selectFrom('finding_day')
    .selectAll()
    .where('day', '>', dayAt(now - days * dayMs))
    .orderBy('day')
    .execute();
  const { first } = await db
    .selectFrom('finding_day')
    .select((eb) => eb.fn.min<string | null>('day').as('first'))
    .executeTakeFirstOrThrow();
  return {
    // The text was written by `saveFindingDay`, so it needs no validation.
    days: rows.map(({ day, content }) => ({ day, ...(JSON.parse(content) as FindingTotals) })),
    firstDay: first,
  };
}
