import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/** Adds images with their names. Programs of the previous version ignore them, and an image that they delete has no name any more. */
export const addKnownImages: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await createImages(db, types);
    await createNames(db, types);
    await createDigests(db, types);
    await db.schema.alterTable('image').addColumn('known_image', types.integer).execute();
    await db.schema.createIndex('image_by_known_image').on('image').column('known_image').execute();
  },
};

async function createImages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('known_image')
    .addColumn('id', types.rowNumber)
    .addColumn('identity', 'text', (column) => column.notNull().unique())
    .addColumn('image_id', types.integer, (column) => column.notNull())
    .addColumn('is_scoped', types.integer, (column) => column.notNull())
    .addColumn('is_verified', types.integer, (column) => column.notNull())
    .addColumn('reference', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('platform', 'text')
    .addColumn('digest', 'text')
    .addColumn('created', 'text')
    .addColumn('labels', 'text', (column) => column.notNull())
    .addColumn('diff_ids', 'text', (column) => column.notNull())
    .addColumn('first_seen', types.integer, (column) => column.notNull())
    .addColumn('last_seen', types.integer, (column) => column.notNull())
    .addColumn('untagged_since', types.integer)
    .modifyEnd(types.plain)
    .execute();
  await db.schema.createIndex('known_image_by_image').on('known_image').column('image_id').execute();
  await db.schema
    .createIndex('known_image_untagged')
    .on('known_image')
    .columns(['id', 'untagged_since'])
    .where('untagged_since', 'is not', null)
    .execute();
}

/** Names are read in the order of the key, their current meaning by it and their history after it. */
async function createNames(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('image_name')
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('tag', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('since', types.integer, (column) => column.notNull())
    .addColumn('until', types.integer)
    .addColumn('known_image_id', types.integer, (column) => column.notNull())
    .addColumn('root', 'text')
    .addPrimaryKeyConstraint('image_name_key', ['repository', 'tag', 'platform', 'since'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema
    .createIndex('image_name_by_image')
    .on('image_name')
    .columns(['known_image_id', 'until'])
    .execute();
  await db.schema
    .createIndex('image_name_by_repository')
    .on('image_name')
    .columns(['repository', 'known_image_id'])
    .execute();
}

async function createDigests(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('image_digest')
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('known_image_id', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('image_digest_key', ['digest', 'known_image_id'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema.createIndex('image_digest_by_image').on('image_digest').column('known_image_id').execute();
}
