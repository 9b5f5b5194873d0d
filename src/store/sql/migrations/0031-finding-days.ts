import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/** Adds the findings of each day, and indexes for lists of events. Programs of the previous version write no such day. */
export const addFindingDays: CompatibleMigration = { minimumSchema: 14, change: createTable };

async function createTable(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('finding_day')
    .addColumn('day', 'text', (column) => column.notNull().primaryKey())
    .addColumn('content', 'text', (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
  // With all columns that counts by day and feed read, and from a day to its numbers.
  await db.schema
    .createIndex('event_by_time')
    .on('event')
    .columns(['at', 'feed_id', 'kind', 'number'])
    .execute();
  await db.schema.createIndex('event_by_name').on('event').columns(['name', 'number']).execute();
}
