import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Adds the versions that named layers introduced, and notifications of events. */
export async function addNotifications(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await numberLayers(db, types);
  await createBrought(db, types);
  await createNotifications(db, types);
}

/** No released program has saved named layers. Those of a trial version have no known order. */
async function numberLayers(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .alterTable('v1_layer')
    .addColumn('number', types.integer, (column) => column.notNull().defaultTo(0))
    .execute();
  const layers = await db.selectFrom('v1_layer').select('name').orderBy('image_id').orderBy('name').execute();
  for (const [i, { name }] of layers.entries())
    await db
      .updateTable('v1_layer')
      .set({ number: i + 1 })
      .where('name', '=', name)
      .execute();
  await db.schema.createIndex('v1_layer_number').unique().on('v1_layer').column('number').execute();
  await db.insertInto('id_counter').values({ name: 'v1_layer', last_id: layers.length }).execute();
}

async function createBrought(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('v1_version')
    .addColumn('id', types.rowNumber)
    .addColumn('identity', 'text', (column) => column.notNull().unique())
    .addColumn('namespace_id', types.integer, (column) => column.notNull().references('namespace.id'))
    .addColumn('by', 'text', (column) => column.notNull())
    .addColumn('package', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('key', types.bytes)
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('build', 'text', (column) => column.notNull())
    .addColumn('arch', 'text', (column) => column.notNull())
    .addColumn('modularity', 'text', (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createIndex('v1_version_lookup')
    .on('v1_version')
    .columns(['namespace_id', 'package', 'by', 'key'])
    .execute();
  // A page of the layers that introduced a version is read from this table in its order.
  await db.schema
    .createTable('v1_brought')
    .addColumn('version_id', types.integer, (column) => column.notNull().references('v1_version.id'))
    .addColumn('layer_number', types.integer, (column) => column.notNull().references('v1_layer.number'))
    .addPrimaryKeyConstraint('v1_brought_key', ['version_id', 'layer_number'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema.createIndex('v1_brought_layer').on('v1_brought').column('layer_number').execute();
}

async function createNotifications(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('notification')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('event_number', types.integer, (column) => column.notNull().references('event.number'))
    .addColumn('namespace_id', types.integer, (column) => column.references('namespace.id'))
    .addColumn('old_id', types.integer, (column) => column.references('vulnerability.id'))
    .addColumn('new_id', types.integer, (column) => column.references('vulnerability.id'))
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('notified_at', types.integer)
    .addColumn('deleted_at', types.integer)
    .addColumn('due_at', types.integer)
    .modifyEnd(types.plain)
    .execute();
  for (const column of ['event_number', 'old_id', 'new_id'] as const)
    await db.schema.createIndex(`notification_${column}`).on('notification').column(column).execute();
  await db.schema.createIndex('notification_due').on('notification').columns(['due_at', 'name']).execute();
  // Events before this migration get no notifications.
  await db
    .insertInto('id_counter')
    .columns(['name', 'last_id'])
    .expression((eb) =>
      eb
        .selectFrom('id_counter')
        .select([eb.val('notification').as('name'), 'last_id'])
        .where('name', '=', 'event'),
    )
    .execute();
}
