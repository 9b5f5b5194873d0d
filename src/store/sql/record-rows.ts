import { type Kysely, sql } from 'kysely';
import { takeNumbers } from './id-counter.ts';
import { affectedColumns } from './incoming.ts';
import type { Tables } from './schema.ts';

/** Ends the validity of the records that were noted as no longer in force. */
export async function closeRecords(db: Kysely<Tables>, at: number): Promise<void> {
  const closed = db.selectFrom('incoming_closed').select('id');
  await db.updateTable('vulnerability').set({ valid_to: at }).where('id', 'in', closed).execute();
}

/** Records that come into force. */
export interface Insertion {
  readonly count: number;
  readonly feedId: number;
  readonly at: number;
}

/** Moves the records that were laid down into the tables; their numbers follow the one that comes back. */
export async function insertRecords(db: Kysely<Tables>, { count, feedId, at }: Insertion): Promise<number> {
  const before = await takeNumbers(db, 'vulnerability', count);
  if (count === 0) return before;
  const id = sql<number>`number + ${sql.lit(before)}`;
  const shown = ['key', 'kept_for', 'hash', 'name', 'severity', 'details'] as const;
  await db
    .insertInto('vulnerability')
    .columns(['id', 'feed_id', 'valid_from', ...shown])
    .expression((eb) =>
      eb
        .selectFrom('incoming_vulnerability')
        .select([id.as('id'), eb.lit(feedId).as('feed_id'), eb.lit(at).as('valid_from'), ...shown]),
    )
    .execute();
  // As good as in the order in which they are to lie: each goes right behind the one before.
  await db
    .insertInto('affected')
    .columns(['vulnerability_id', ...affectedColumns])
    .expression(
      db
        .selectFrom('incoming_affected')
        .select([id.as('vulnerability_id'), ...affectedColumns])
        .orderBy('namespace_id')
        .orderBy('package')
        .orderBy('hi'),
    )
    .execute();
  await db
    .insertInto('alias')
    .columns(['name', 'vulnerability_id'])
    .expression(
      db
        .selectFrom('incoming_alias')
        .select(['name', id.as('vulnerability_id')])
        .orderBy('name'),
    )
    .execute();
  return before;
}
