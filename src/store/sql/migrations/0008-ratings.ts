import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Adds packs of EPSS scores, and results of lookups of single CVEs. The next update packs scores that are rows. */
export async function addRatings(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('score_pack')
    .addColumn('feed_id', types.integer, (column) => column.notNull().references('feed.id'))
    .addColumn('block', types.integer, (column) => column.notNull())
    .addColumn('content', types.bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('score_pack_key', ['block', 'feed_id'])
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createTable('looked_up')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('source_version', types.integer, (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('asked_at', types.integer, (column) => column.notNull())
    .addColumn('data', 'text')
    .modifyEnd(types.plain)
    .execute();
}
