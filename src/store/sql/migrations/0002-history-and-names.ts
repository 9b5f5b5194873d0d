import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Adds retained namespaces, aliases, events, enrichments, names of images, and the columns for garbage collection. */
export async function addHistoryAndNames(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await extendFeeds(db, types);
  await extendVulnerabilities(db, types);
  await createAliases(db, types);
  await createEvents(db, types);
  await createEnrichments(db, types);
  await extendImages(db, types);
  await createNames(db, types);
  await createKeyValues(db, types);
}

async function extendFeeds(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  const feed = db.schema.alterTable('feed');
  await feed.addColumn('skipped', types.integer, (column) => column.notNull().defaultTo(0)).execute();
  await feed.addColumn('skipped_sample', 'text', (column) => column.notNull().defaultTo('[]')).execute();
  await feed.addColumn('failed_at', types.integer).execute();
  await feed.addColumn('failure', 'text').execute();
  await db.schema
    .createTable('feed_history')
    .addColumn('feed_id', types.integer, (column) => column.notNull().references('feed.id'))
    .addColumn('source_version', types.integer, (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('fetched_at', types.integer, (column) => column.notNull())
    .addColumn('checked_at', types.integer, (column) => column.notNull())
    .addColumn('newest_advisory', types.integer)
    .addColumn('records', types.integer, (column) => column.notNull())
    .addColumn('skipped', types.integer, (column) => column.notNull())
    .addColumn('applied_at', types.integer, (column) => column.notNull())
    .addColumn('replaced_at', types.integer, (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createIndex('feed_history_time')
    .on('feed_history')
    .columns(['feed_id', 'replaced_at'])
    .execute();
  await db.schema
    .createTable('feed_namespace')
    .addColumn('feed_id', types.integer, (column) => column.notNull().references('feed.id'))
    .addColumn('namespace_id', types.integer, (column) => column.notNull().references('namespace.id'))
    .addColumn('kept_since', types.integer)
    .addPrimaryKeyConstraint('feed_namespace_key', ['feed_id', 'namespace_id'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db
    .insertInto('feed_namespace')
    .columns(['feed_id', 'namespace_id'])
    .expression(
      db
        .selectFrom('affected')
        .innerJoin('vulnerability', 'vulnerability.id', 'affected.vulnerability_id')
        .select(['vulnerability.feed_id', 'affected.namespace_id'])
        .where('vulnerability.valid_to', 'is', null)
        .distinct(),
    )
    .execute();
}

async function extendVulnerabilities(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .alterTable('vulnerability')
    .addColumn('kept_for', types.integer, (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('affected').addColumn('conditions', 'text').execute();
  const inForce = sql.ref('valid_to');
  await db.schema.dropIndex('vulnerability_open').execute();
  await db.schema
    .createIndex('vulnerability_open')
    .unique()
    .on('vulnerability')
    .columns(['feed_id', 'key', 'kept_for'])
    .where(inForce, 'is', null)
    .execute();
  await db.schema
    .createIndex('vulnerability_in_force')
    .on('vulnerability')
    .columns(['feed_id', 'id'])
    .where(inForce, 'is', null)
    .execute();
  await db.schema
    .createIndex('vulnerability_closed')
    .on('vulnerability')
    .column('valid_to')
    .where(inForce, 'is not', null)
    .execute();
  await db.schema.createIndex('vulnerability_name').on('vulnerability').column('name').execute();
  await db.schema.createIndex('affected_vulnerability').on('affected').column('vulnerability_id').execute();
}

async function createAliases(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('alias')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('vulnerability_id', types.integer, (column) => column.notNull().references('vulnerability.id'))
    .addPrimaryKeyConstraint('alias_key', ['name', 'vulnerability_id'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema.createIndex('alias_vulnerability').on('alias').column('vulnerability_id').execute();
  await fillAliases(db);
}

/** Number of records per query. */
const recordsAtATime = 500;

/** Fills the table of aliases from the details of records, where they were until now. */
async function fillAliases(db: Kysely<Tables>): Promise<void> {
  for (let last = 0; ; ) {
    const records = await db
      .selectFrom('vulnerability')
      .select(['id', 'details'])
      .where('id', '>', last)
      .orderBy('id')
      .limit(recordsAtATime)
      .execute();
    const aliases = records.flatMap(({ id, details }) =>
      [...new Set(aliasesOf(details))].map((name) => ({ name, vulnerability_id: id })),
    );
    for (let i = 0; i < aliases.length; i += recordsAtATime)
      await db
        .insertInto('alias')
        .values(aliases.slice(i, i + recordsAtATime))
        .execute();
    const end = records.at(-1);
    if (end === undefined) return;
    last = end.id;
  }
}

/** Returns the aliases: the first entry of the details of the first schema, a list as JSON. */
function aliasesOf(details: string): string[] {
  const [aliases] = JSON.parse(details) as [string[]];
  return aliases;
}

async function createEvents(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('event')
    .addColumn('number', types.integer, (column) => column.primaryKey())
    .addColumn('at', types.integer, (column) => column.notNull())
    .addColumn('feed_id', types.integer, (column) => column.notNull().references('feed.id'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('changed', 'text', (column) => column.notNull())
    .addColumn('old_id', types.integer, (column) => column.references('vulnerability.id'))
    .addColumn('new_id', types.integer, (column) => column.references('vulnerability.id'))
    .modifyEnd(types.plain)
    .execute();
  await db.schema.createIndex('event_old').on('event').column('old_id').execute();
  await db.schema.createIndex('event_new').on('event').column('new_id').execute();
  await db.insertInto('id_counter').values({ name: 'event', last_id: 0 }).execute();
}

async function createEnrichments(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('enrichment')
    .addColumn('feed_id', types.integer, (column) => column.notNull().references('feed.id'))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('enrichment_key', ['feed_id', 'id'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema.createIndex('enrichment_id').on('enrichment').column('id').execute();
}

async function extendImages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  for (const table of ['layer', 'image'])
    await db.schema
      .alterTable(table)
      .addColumn('last_used_at', types.integer, (column) => column.notNull().defaultTo(0))
      .execute();
  await db.schema.alterTable('image').addColumn('repositories', 'text').execute();
  const item = db.schema.alterTable('image_package');
  for (const name of ['modularity', 'vendor', 'licence', 'owner'])
    await item.addColumn(name, 'text').execute();
  await item.addColumn('repositories', types.integer).execute();
  await item.addColumn('source_lookup_version', 'text').execute();
  await item.addColumn('source_key', types.bytes).execute();
  // A page of the images that an advisory hits is read from this index in its order.
  await db.schema.dropIndex('image_package_lookup').execute();
  await db.schema
    .createIndex('image_package_lookup')
    .on('image_package')
    .columns(['namespace_id', 'lookup_name', 'key', 'image_id'])
    .execute();
  await db.schema
    .createIndex('image_package_source')
    .on('image_package')
    .columns(['namespace_id', 'source_name', 'source_key', 'image_id'])
    .where(sql.ref('source_lookup_version'), 'is not', null)
    .execute();
  // Their last use is unknown. The last check of feeds shows when this program last ran.
  const { latest } = await db
    .selectFrom('feed')
    .select((eb) => eb.fn.max<number | null>('checked_at').as('latest'))
    .executeTakeFirstOrThrow();
  for (const table of ['layer', 'image'] as const)
    await db
      .updateTable(table)
      .set({ last_used_at: latest ?? 0 })
      .execute();
}

async function createNames(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('v1_layer')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('parent', 'text', (column) => column.references('v1_layer.name'))
    .addColumn('image_id', types.integer, (column) => column.notNull().references('image.id'))
    .addColumn('format', 'text', (column) => column.notNull())
    .addColumn('engine_version', types.integer, (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
  await db.schema.createIndex('v1_layer_parent').on('v1_layer').column('parent').execute();
  await db.schema.createIndex('v1_layer_image').on('v1_layer').column('image_id').execute();
  await db.schema
    .createTable('ancestry')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('image_id', types.integer, (column) => column.notNull().references('image.id'))
    .modifyEnd(types.plain)
    .execute();
  await db.schema.createIndex('ancestry_image').on('ancestry').column('image_id').execute();
}

async function createKeyValues(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('key_value')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .modifyEnd(types.plain)
    .execute();
  // Before this migration only records have a history, not the feeds.
  const { applied } = await db
    .selectFrom('feed')
    .select((eb) => eb.fn.max<number | null>('applied_at').as('applied'))
    .executeTakeFirstOrThrow();
  if (applied !== null)
    await db
      .insertInto('key_value')
      .values({ key: 'store/history-since', value: String(applied) })
      .execute();
}
