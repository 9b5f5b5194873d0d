import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** Returns the numbers of the last event, and of the last one whose notifications were created. */
export async function lastNumbers(db: Kysely<Tables>): Promise<Record<'event' | 'notification', number>> {
  const rows = await db.selectFrom('id_counter').selectAll().execute();
  const lastOf = (name: string): number => rows.find((counter) => counter.name === name)?.last_id ?? 0;
  return { event: lastOf('event'), notification: lastOf('notification') };
}

/** Returns the number of the last event whose notifications were created. Locks it until the transaction ends. */
export async function lockHandledEvents(db: Kysely<Tables>): Promise<number> {
  const { last_id: last } = await db
    .updateTable('id_counter')
    .set((eb) => ({ last_id: eb.ref('last_id') }))
    .where('name', '=', 'notification')
    .returning('last_id')
    .executeTakeFirstOrThrow();
  return last;
}

/** Records that the notifications of all events up to a number were created. */
export async function setHandledEvents(db: Kysely<Tables>, last: number): Promise<void> {
  await db.updateTable('id_counter').set({ last_id: last }).where('name', '=', 'notification').execute();
}
