import type { Kysely } from 'kysely';
import type { DeliveryQueueStore } from '../delivery-queue-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';

/** The tables of what is told until somebody says that it was heard. */
type DeliveryQueueTable = 'notification' | 'digest';

/** When the rows of such a table are told, by a clock in milliseconds. */
export function deliveryQueue(
  engine: Engine,
  table: DeliveryQueueTable,
  now: () => number,
): Pick<DeliveryQueueStore<unknown>, 'findNextDue' | 'markNotified' | 'postpone'> {
  return {
    findNextDue: () => findNextDue(engine.db, table),
    markNotified: (name, againAfterMs) =>
      engine.write(async (writing) => {
        await writing.updateTable(table).set({ notified_at: now() }).where('name', '=', name).execute();
        await setDue(writing, table, { name, due: now() + againAfterMs });
      }, 'own rows'),
    postpone: (name, until) =>
      engine.write(
        (writing) => setDue(writing, table, { name, due: until === 'ever' ? null : until.getTime() }),
        'own rows',
      ),
  };
}

/** When the next row is to be told; undefined when none is. */
async function findNextDue(db: Kysely<Tables>, table: DeliveryQueueTable): Promise<string | undefined> {
  const { next } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.min<number | null>('due_at').as('next'))
    .executeTakeFirstOrThrow();
  return next === null ? undefined : isoTime(next);
}

/** Says when a row is to be told, null for never. What is deleted is never due again, whoever was just telling it. */
async function setDue(
  db: Kysely<Tables>,
  table: DeliveryQueueTable,
  { name, due }: { readonly name: string; readonly due: number | null },
): Promise<void> {
  await db
    .updateTable(table)
    .set({ due_at: due })
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .execute();
}
