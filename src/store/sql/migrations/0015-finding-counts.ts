import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/**
 * Adds the numbers of findings of each package set. Servers of the previous version ignore the tables: a set that they add is due, and they
 * leave the counts of a deleted set behind.
 */
export const addFindingCounts: CompatibleMigration = { minimumSchema: 14, change: createTables };

async function createTables(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .alterTable('package_set')
    .addColumn('count_due', types.narrowInteger, (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema
    .createIndex('package_set_due')
    .on('package_set')
    .column('id')
    .where(sql.ref('count_due'), '>', 0)
    .execute();
  await db.schema
    .createTable('set_count')
    .addColumn('set_id', types.narrowInteger, (column) => column.notNull())
    .addColumn('severity', types.narrowInteger, (column) => column.notNull())
    .addColumn('is_fixable', types.narrowInteger, (column) => column.notNull())
    .addColumn('exploited', types.narrowInteger, (column) => column.notNull())
    .addColumn('findings', types.narrowInteger, (column) => column.notNull())
    .addPrimaryKeyConstraint('set_count_key', ['set_id', 'severity', 'is_fixable', 'exploited'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema
    .createTable('rating_change')
    .addColumn('number', types.rowNumber)
    .addColumn('ids', 'text')
    .modifyEnd(types.plain)
    .execute();
}
