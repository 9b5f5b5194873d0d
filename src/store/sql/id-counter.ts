import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/**
 * Takes numbers for rows that are numbered before they are inserted, and answers the one before the first. Who takes numbers
 * keeps others from taking any until the transaction ends: numbers become visible in their order.
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
