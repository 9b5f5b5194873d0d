import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Adds notification batches (`digest`): one message with all changes of one image. */
export async function addDigests(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('digest')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('image_id', types.integer, (column) => column.notNull().references('image.id'))
    .addColumn('is_open', types.integer, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('notified_at', types.integer)
    .addColumn('deleted_at', types.integer)
    .addColumn('due_at', types.integer)
    .modifyEnd(types.plain)
    .execute();
  await db.schema.createIndex('digest_image').on('digest').column('image_id').execute();
  await db.schema
    .createIndex('digest_open')
    .unique()
    .on('digest')
    .column('image_id')
    .where(sql.ref('is_open'), '=', sql.lit(1))
    .execute();
  await db.schema.createIndex('digest_due').on('digest').columns(['due_at', 'name']).execute();
  await db.schema
    .createTable('digest_item')
    .addColumn('notification', 'text', (column) => column.notNull().references('notification.name'))
    .addColumn('image_id', types.integer, (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull().references('digest.name'))
    .addColumn('content', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('digest_item_key', ['notification', 'image_id', 'hash'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema.createIndex('digest_item_digest').on('digest_item').column('digest').execute();
}
