import { sql } from 'kysely';
import type { CompatibleMigration } from './migration.ts';

/** Adds the registries that servers watch. Programs of the previous version ignore them. */
export const addWatchedRegistries: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await db.schema
      .createTable('watched_registry')
      .addColumn('name', 'text', (column) => column.notNull().primaryKey())
      .addColumn('registry', 'text', (column) => column.notNull())
      .addColumn('started_at', types.integer, (column) => column.notNull())
      .addColumn('ended_at', types.integer)
      .addColumn('next_at', types.integer)
      .addColumn('completed_at', types.integer)
      .addColumn('repositories', types.integer, (column) => column.notNull())
      .addColumn('tags', types.integer, (column) => column.notNull())
      .addColumn('added', types.integer, (column) => column.notNull())
      .addColumn('gone', types.integer, (column) => column.notNull())
      .addColumn('errors', types.integer, (column) => column.notNull())
      .addColumn('error', 'text')
      .modifyEnd(types.plain)
      .execute();
    await db.schema
      .createTable('watched_tag')
      .addColumn('watch', 'text', (column) => column.notNull())
      .addColumn('repository', 'text', (column) => column.notNull())
      .addColumn('tag', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('watched_tag_key', ['watch', 'repository', 'tag'])
      .modifyEnd(types.orderedByKey)
      .execute();
    // Lists of failed scans read these only.
    await db.schema
      .createIndex('scan_job_failed')
      .on('scan_job')
      .columns(['registry', 'name'])
      .where(sql<boolean>`state = 'failed'`)
      .execute();
  },
};
