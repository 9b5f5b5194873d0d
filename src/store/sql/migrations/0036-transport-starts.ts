import type { CompatibleMigration } from './migration.ts';

/** Adds where notification transports begin. Servers of the previous version ignore it. */
export const addTransportStarts: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await db.schema.alterTable('notification').addColumn('resent_at', types.integer).execute();
    await db.schema
      .createTable('transport_start')
      .addColumn('transport', 'text', (column) => column.notNull().primaryKey())
      .addColumn('after_event', types.integer, (column) => column.notNull())
      .addColumn('seen_at', types.integer, (column) => column.notNull())
      .modifyEnd(types.plain)
      .execute();
  },
};
