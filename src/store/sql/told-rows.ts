import type { Kysely } from 'kysely';
import { isoTime } from './feeds.ts';
import type { Tables } from './schema.ts';

/** The tables of what is told until somebody says that it was heard. */
export type ToldTable = 'notification' | 'digest';

/** When the next row is to be told; undefined when none is. */
export async function nextDue(db: Kysely<Tables>, table: ToldTable): Promise<string | undefined> {
  const { next } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.min<number | null>('due_at').as('next'))
    .executeTakeFirstOrThrow();
  return next === null ? undefined : isoTime(next);
}

/** Says when a row is to be told, null for never. What is deleted is never due again, whoever was just telling it. */
export async function setDue(
  db: Kysely<Tables>,
  table: ToldTable,
  { name, due }: { readonly name: string; readonly due: number | null },
): Promise<void> {
  await db
    .updateTable(table)
    .set({ due_at: due })
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .execute();
}

/** Notes that a row was told, and when it is to be told again. */
export async function markNotified(
  db: Kysely<Tables>,
  table: ToldTable,
  { name, now, due }: { readonly name: string; readonly now: number; readonly due: number },
): Promise<void> {
  await db.updateTable(table).set({ notified_at: now }).where('name', '=', name).execute();
  await setDue(db, table, { name, due });
}
