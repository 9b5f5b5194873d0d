import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Creates the tables of the first release. */
export async function createTables(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await createNamespaces(db, types);
  await createAdvisories(db, types);
  await createAffected(db, types);
  await createImages(db, types);
  await createImagePackages(db, types);
  await createLocks(db, types);
}

async function createNamespaces(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('namespace')
    .addColumn('id', types.rowNumber)
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('version_scheme', 'text', (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
}

async function createAdvisories(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('feed')
    .addColumn('id', types.rowNumber)
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('source_version', types.integer, (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('presence', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('fetched_at', types.integer, (column) => column.notNull())
    .addColumn('checked_at', types.integer, (column) => column.notNull())
    .addColumn('newest_advisory', types.integer)
    .addColumn('records', types.integer, (column) => column.notNull())
    .addColumn('revision', types.integer, (column) => column.notNull())
    .addColumn('applied_at', types.integer, (column) => column.notNull())
    .addUniqueConstraint('feed_name', ['source', 'name'])
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createTable('vulnerability')
    .addColumn('id', types.integer, (column) => column.primaryKey())
    .addColumn('feed_id', types.integer, (column) => column.notNull().references('feed.id'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('severity', 'text', (column) => column.notNull())
    .addColumn('details', 'text', (column) => column.notNull())
    .addColumn('valid_from', types.integer, (column) => column.notNull())
    .addColumn('valid_to', types.integer)
    .modifyEnd(types.plain)
    .execute();
  // A record of a feed has one current form only.
  await db.schema
    .createIndex('vulnerability_open')
    .unique()
    .on('vulnerability')
    .columns(['feed_id', 'key'])
    .where(sql.ref('valid_to'), 'is', null)
    .execute();
  await createIdCounter(db, types);
}

async function createIdCounter(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('id_counter')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('last_id', types.integer, (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
  await db.insertInto('id_counter').values({ name: 'vulnerability', last_id: 0 }).execute();
}

/** The primary key serves the search of a scan and is the physical order of the rows. */
async function createAffected(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('affected')
    .addColumn('namespace_id', types.integer, (column) => column.notNull().references('namespace.id'))
    .addColumn('package', 'text', (column) => column.notNull())
    .addColumn('hi', types.bytes, (column) => column.notNull())
    .addColumn('lo', types.bytes, (column) => column.notNull())
    .addColumn('vulnerability_id', types.integer, (column) => column.notNull().references('vulnerability.id'))
    .addColumn('position', types.integer, (column) => column.notNull())
    .addColumn('is_keyed', types.integer, (column) => column.notNull())
    .addColumn('range_from', 'text')
    .addColumn('range_from_excluded', types.integer, (column) => column.notNull())
    .addColumn('range_to', 'text')
    .addColumn('range_to_included', types.integer, (column) => column.notNull())
    .addColumn('fix_state', 'text', (column) => column.notNull())
    .addColumn('fix_version', 'text')
    .addColumn('severity', 'text')
    .addPrimaryKeyConstraint('affected_range', [
      'namespace_id',
      'package',
      'hi',
      'lo',
      'vulnerability_id',
      'position',
    ])
    .modifyEnd(types.orderedByKey)
    .execute();
}

async function createImages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('layer')
    .addColumn('identity', 'text', (column) => column.notNull())
    .addColumn('analyzer_key', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('layer_key', ['identity', 'analyzer_key'])
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createTable('image')
    .addColumn('id', types.rowNumber)
    .addColumn('identity', 'text', (column) => column.notNull().unique())
    .addColumn('distro', 'text')
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createTable('image_layer')
    .addColumn('image_id', types.integer, (column) => column.notNull().references('image.id'))
    .addColumn('position', types.integer, (column) => column.notNull())
    .addColumn('layer', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('image_layer_key', ['image_id', 'position'])
    .modifyEnd(types.orderedByKey)
    .execute();
}

async function createImagePackages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('image_package')
    .addColumn('image_id', types.integer, (column) => column.notNull().references('image.id'))
    .addColumn('position', types.integer, (column) => column.notNull())
    .addColumn('namespace_id', types.integer, (column) => column.references('namespace.id'))
    .addColumn('lookup_name', 'text')
    .addColumn('lookup_version', 'text')
    .addColumn('key', types.bytes)
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('arch', 'text')
    .addColumn('source_name', 'text')
    .addColumn('source_version', 'text')
    .addColumn('purl', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('layer', 'text')
    .addColumn('found_by', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('image_package_key', ['image_id', 'position'])
    .modifyEnd(types.orderedByKey)
    .execute();
  // Finds the images that an advisory hits.
  await db.schema
    .createIndex('image_package_lookup')
    .on('image_package')
    .columns(['namespace_id', 'lookup_name', 'key'])
    .execute();
}

async function createLocks(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('lock')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
}
