import type { Kysely, Selectable } from 'kysely';
import { dayMs } from '../../core/duration.ts';
import { limits } from '../../core/limits.ts';
import type { FindingDay, FindingHistory } from '../finding-count-store.ts';
import type { FindingDayTable } from './image-tables.ts';
import type { Tables } from './schema.ts';
import { dayAt } from './times.ts';

/** Sums of a count, with those of the changes of its day. */
export type CountedTotals = Omit<FindingDay, 'day'>;

/** Returns whether today has a row. */
export async function hasFindingDay(db: Kysely<Tables>, now: number): Promise<boolean> {
  const query = db.selectFrom('finding_day').select('day').where('day', '=', dayAt(now));
  return (await query.executeTakeFirst()) !== undefined;
}

/** Writes the sums of today, and deletes those of days that are not kept any more. */
export async function saveFindingDay(db: Kysely<Tables>, totals: CountedTotals, now: number): Promise<void> {
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
  for (const table of ['finding_change', 'finding_change_sum'] as const)
    await db
      .deleteFrom(table)
      .where('day', '<=', dayAt(now - limits.findingChangeDays * dayMs))
      .execute();
}

/** Returns the sums of a day and of the last one before it. Without a day, those of the last two days. */
export async function findLastDays(db: Kysely<Tables>, last: string | undefined): Promise<FindingDay[]> {
  let query = db.selectFrom('finding_day').selectAll().orderBy('day', 'desc').limit(2);
  if (last !== undefined) query = query.where('day', '<=', last);
  return (await query.execute()).map(toFindingDay);
}

/** The text was written by `saveFindingDay`, so it needs no validation. */
function toFindingDay({ day, content }: Selectable<FindingDayTable>): FindingDay {
  return { day, ...(JSON.parse(content) as CountedTotals) };
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
    days: rows.map(toFindingDay),
    firstDay: first,
  };
}
