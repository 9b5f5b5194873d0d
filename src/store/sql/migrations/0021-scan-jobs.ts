import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/** Adds scans of images of registries. Programs of the previous version ignore them. */
export const addScanJobs: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await createTable(db, types);
    // Few jobs have not ended, and claims read these only.
    await db.schema
      .createIndex('scan_job_pending')
      .on('scan_job')
      .columns(['lane', 'run_at'])
      .where(sql<boolean>`ended_at is null`)
      .execute();
    await db.schema.createIndex('scan_job_ended').on('scan_job').column('ended_at').execute();
    await db.schema
      .createTable('image_source')
      .addColumn('known_image_id', types.integer, (column) => column.notNull().primaryKey())
      .addColumn('content', 'text', (column) => column.notNull())
      .modifyEnd(types.plain)
      .execute();
  },
};

async function createTable(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('scan_job')
    .addColumn('name', 'text', (column) => column.notNull().primaryKey())
    .addColumn('lane', types.integer, (column) => column.notNull())
    .addColumn('registry', 'text', (column) => column.notNull())
    .addColumn('reference', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('run_at', types.integer, (column) => column.notNull())
    .addColumn('attempt', types.integer, (column) => column.notNull())
    .addColumn('owner', 'text')
    .addColumn('expires_at', types.integer)
    .addColumn('number', types.integer, (column) => column.notNull())
    .addColumn('step', 'text')
    .addColumn('error', 'text')
    .addColumn('digest', 'text')
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('ended_at', types.integer)
    .modifyEnd(types.plain)
    .execute();
}
