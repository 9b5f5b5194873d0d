import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/**
 * Adds the index of findings. Servers of the previous version ignore it. The rules of counting have changed with it, so the first count of
 * this version fills it.
 */
export const addFindingIndex: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await createVulnerabilities(db, types);
    await createPackages(db, types);
    await createFindings(db, types);
    await createCountedImages(db, types);
  },
};

async function createVulnerabilities(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('found_vulnerability')
    .addColumn('id', types.rowNumber)
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('rank', types.integer, (column) => column.notNull())
    .addColumn('exploited', types.integer, (column) => column.notNull())
    .addColumn('is_fixable', types.integer, (column) => column.notNull())
    .addColumn('epss', types.integer)
    .addColumn('images', types.integer, (column) => column.notNull().defaultTo(0))
    .addColumn('packages', types.integer, (column) => column.notNull().defaultTo(0))
    .addColumn('due', types.integer, (column) => column.notNull().defaultTo(0))
    .addColumn('summary_due', types.integer, (column) => column.notNull().defaultTo(1))
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createIndex('found_vulnerability_rank')
    .on('found_vulnerability')
    .columns(['rank', 'name'])
    .execute();
  for (const column of ['due', 'summary_due'] as const)
    await db.schema
      .createIndex(`found_vulnerability_${column}`)
      .on('found_vulnerability')
      .column('id')
      .where(sql.ref(column), '>', 0)
      .execute();
}

async function createPackages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('found_package')
    .addColumn('id', types.rowNumber)
    .addColumn('identity', 'text', (column) => column.notNull().unique())
    .addColumn('namespace', 'text', (column) => column.notNull())
    .addColumn('lookup_name', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('purl', 'text', (column) => column.notNull())
    .addColumn('source_name', 'text')
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createIndex('found_package_name')
    .on('found_package')
    .columns(['namespace', 'lookup_name'])
    .execute();
  await db.schema
    .createTable('installed_name')
    .addColumn('namespace_id', types.integer, (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('images', types.integer, (column) => column.notNull())
    .addColumn('due', types.integer, (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('installed_name_key', ['namespace_id', 'name'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema
    .createIndex('installed_name_name')
    .on('installed_name')
    .columns(['name', 'namespace_id'])
    .execute();
  await db.schema
    .createIndex('installed_name_due')
    .on('installed_name')
    .columns(['namespace_id', 'name'])
    .where(sql.ref('due'), '>', 0)
    .execute();
}

/** Each list has an index in its order. `images` is in none of them, since it changes with each new image. */
async function createFindings(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('finding')
    .addColumn('id', types.rowNumber)
    .addColumn('package_id', types.integer, (column) => column.notNull())
    .addColumn('vulnerability_id', types.integer, (column) => column.notNull())
    .addColumn('rank', types.integer, (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('package', 'text', (column) => column.notNull())
    .addColumn('namespace', 'text', (column) => column.notNull())
    .addColumn('exploited', types.integer, (column) => column.notNull())
    .addColumn('fix_state', 'text', (column) => column.notNull())
    .addColumn('fix_version', 'text')
    .addColumn('images', types.integer, (column) => column.notNull().defaultTo(0))
    .addColumn('due', types.integer, (column) => column.notNull().defaultTo(0))
    .addUniqueConstraint('finding_key', ['package_id', 'vulnerability_id'])
    .modifyEnd(types.plain)
    .execute();
  const order = ['rank', 'name', 'package', 'id'];
  await db.schema.createIndex('finding_order').on('finding').columns(order).execute();
  for (const column of ['vulnerability_id', 'namespace', 'package'] as const)
    await db.schema
      .createIndex(`finding_by_${column}`)
      .on('finding')
      .columns([column, ...order.filter((one) => one !== column)])
      .execute();
  await db.schema
    .createIndex('finding_exploited')
    .on('finding')
    .columns(order)
    .where(sql.ref('exploited'), '=', 1)
    .execute();
  await db.schema
    .createIndex('finding_due')
    .on('finding')
    .column('id')
    .where(sql.ref('due'), '>', 0)
    .execute();
  await db.schema
    .createTable('set_finding')
    .addColumn('set_id', types.narrowInteger, (column) => column.notNull())
    .addColumn('finding_id', types.narrowInteger, (column) => column.notNull())
    .addPrimaryKeyConstraint('set_finding_key', ['set_id', 'finding_id'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema
    .createIndex('set_finding_sets')
    .on('set_finding')
    .columns(['finding_id', 'set_id'])
    .execute();
}

async function createCountedImages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  const numbers = ['defcon1', 'critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;
  let table = db.schema
    .createTable('counted_image')
    .addColumn('image_id', types.integer, (column) => column.notNull().primaryKey())
    .addColumn('identity', 'text', (column) => column.notNull())
    .addColumn('counted_at', types.integer, (column) => column.notNull())
    .addColumn('namespaces', 'text', (column) => column.notNull());
  for (const name of [...numbers, 'fixable', 'exploited', 'risk'] as const)
    table = table.addColumn(name, types.integer, (column) => column.notNull());
  await table.modifyEnd(types.plain).execute();
  await db.schema
    .createIndex('counted_image_risk')
    .on('counted_image')
    .columns(['risk', 'image_id'])
    .execute();
  await db.schema
    .createTable('counted_set')
    .addColumn('image_id', types.narrowInteger, (column) => column.notNull())
    .addColumn('set_id', types.narrowInteger, (column) => column.notNull())
    .addPrimaryKeyConstraint('counted_set_key', ['image_id', 'set_id'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema
    .createIndex('counted_set_images')
    .on('counted_set')
    .columns(['set_id', 'image_id'])
    .execute();
  await db.schema
    .createTable('recounted_set')
    .addColumn('set_id', types.integer, (column) => column.notNull().primaryKey())
    .modifyEnd(types.plain)
    .execute();
}
