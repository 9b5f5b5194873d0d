import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Adds ancestries with their layers and versions, layers by the hashes of clients, and the detector of the distribution. */
export async function addAncestries(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema.alterTable('image').addColumn('detector', 'text').execute();
  await numberAncestries(db, types);
  await createLayers(db, types);
  await createVersions(db, types);
}

/** No released program has saved ancestries. Those of a trial version are indexed again. */
async function numberAncestries(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  for (const name of ['number', 'engine_version'] as const)
    await db.schema
      .alterTable('ancestry')
      .addColumn(name, types.integer, (column) => column.notNull().defaultTo(0))
      .execute();
  const ancestries = await db
    .selectFrom('ancestry')
    .select('name')
    .orderBy('image_id')
    .orderBy('name')
    .execute();
  for (const [i, { name }] of ancestries.entries())
    await db
      .updateTable('ancestry')
      .set({ number: i + 1 })
      .where('name', '=', name)
      .execute();
  await db.schema.createIndex('ancestry_number').unique().on('ancestry').column('number').execute();
  await db.insertInto('id_counter').values({ name: 'ancestry', last_id: ancestries.length }).execute();
}

async function createLayers(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('ancestry_layer')
    .addColumn('ancestry_number', types.integer, (column) => column.notNull().references('ancestry.number'))
    .addColumn('position', types.integer, (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('ancestry_layer_key', ['ancestry_number', 'position'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema
    .createTable('layer_hash')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('identity', 'text', (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
  await db.schema.createIndex('layer_hash_identity').on('layer_hash').column('identity').execute();
}

async function createVersions(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  // A page of the ancestries that have a version is read from this table in its order.
  await db.schema
    .createTable('ancestry_version')
    .addColumn('version_id', types.integer, (column) => column.notNull().references('v1_version.id'))
    .addColumn('ancestry_number', types.integer, (column) => column.notNull().references('ancestry.number'))
    .addPrimaryKeyConstraint('ancestry_version_key', ['version_id', 'ancestry_number'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema
    .createIndex('ancestry_version_ancestry')
    .on('ancestry_version')
    .column('ancestry_number')
    .execute();
}
