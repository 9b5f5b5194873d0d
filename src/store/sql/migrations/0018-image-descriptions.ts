import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/**
 * Adds the descriptions of images. Programs of the previous version ignore them, and leave the description of a deleted image behind. It is
 * not used, because it names the image by its identity.
 */
export const addImageDescriptions: CompatibleMigration = { minimumSchema: 14, change: createTable };

async function createTable(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('image_description')
    .addColumn('identity', 'text', (column) => column.notNull().primaryKey())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('matched_at', 'text')
    .addColumn('matches', 'text')
    .addColumn('summary', 'text', (column) => column.notNull())
    .addColumn('packages', 'text', (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
  await db.schema.createIndex('image_description_by_key').on('image_description').column('key').execute();
}
