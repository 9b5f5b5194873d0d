import type { Kysely } from 'kysely';
import type { Numbering } from './engine.ts';
import type { Tables } from './schema.ts';

/**
 * Allocates numbers for rows before they are inserted; returns the one before the first. Blocks other allocations of the same
 * counter until the transaction ends, so numbers become visible in their order.
 */
export async function allocateNumbers(
  db: Kysely<Tables>,
  name: 'vulnerability' | 'event' | 'v1_layer' | 'ancestry',
  count: number,
): Promise<number> {
  const { last_id: last } = await db
    .updateTable('id_counter')
    .set((eb) => ({ last_id: eb('last_id', '+', count) }))
    .where('name', '=', name)
    .returning('last_id')
    .executeTakeFirstOrThrow();
  return last - count;
}

/** Numbers by counter rows, for an engine with one writer at a time. */
export const counterNumbering: Numbering = {
  next: async (db, table) => 1 + (await allocateNumbers(db, table, 1)),
  continueCounter: async () => undefined,
};
