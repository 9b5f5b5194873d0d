import { sql } from 'kysely';
import type { CompatibleMigration } from './migration.ts';

/** Adds the names in notifications of registries, and counts how often failed scans ran again. Programs of the previous version do neither. */
export const addNoticedNames: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await db.schema
      .createTable('noticed_name')
      .addColumn('watch', 'text', (column) => column.notNull())
      .addColumn('repository', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('pushed', 'text')
      .addColumn('added_at', types.integer, (column) => column.notNull())
      .addColumn('run_at', types.integer, (column) => column.notNull())
      .addColumn('attempt', types.integer, (column) => column.notNull())
      .addColumn('number', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('noticed_name_key', ['watch', 'repository', 'name'])
      .modifyEnd(types.orderedByKey)
      .execute();
    await db.schema
      .alterTable('scan_job')
      .addColumn('repetitions', types.integer, (column) => column.notNull().defaultTo(0))
      .execute();
    // A new scan looks for the failed ones of the same image.
    await db.schema
      .createIndex('scan_job_failed_image')
      .on('scan_job')
      .column('reference')
      .where(sql<boolean>`state = 'failed'`)
      .execute();
  },
};
