import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/** Adds the documents of feeds. Servers of the previous version ignore them, and replace the records that they name. */
export const addKnownDocuments: CompatibleMigration = { minimumSchema: 14, change: createTable };

async function createTable(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('known_document')
    .addColumn('feed_id', types.integer, (column) => column.notNull())
    .addColumn('part', types.integer, (column) => column.notNull())
    .addColumn('reader', 'text', (column) => column.notNull())
    .addColumn('content', types.bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('known_document_key', ['feed_id', 'part'])
    .modifyEnd(types.plain)
    .execute();
}
