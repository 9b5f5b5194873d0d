import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/** Adds the extracts of layers. Programs of the previous version write none, and keep those that there are. */
export const addLayerExtracts: CompatibleMigration = { minimumSchema: 14, change: createTable };

async function createTable(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('layer_extract')
    .addColumn('identity', 'text', (column) => column.notNull().primaryKey())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('bytes', types.integer, (column) => column.notNull())
    .addColumn('saved_at', types.integer, (column) => column.notNull())
    // Null if the extract is in a bucket.
    .addColumn('content', types.bytes)
    // Extracts are compressed, and read one at a time by their identities.
    .modifyEnd(types.plain)
    .execute();
}
