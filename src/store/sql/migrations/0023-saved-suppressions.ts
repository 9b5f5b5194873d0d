import type { CompatibleMigration } from './migration.ts';

/** Adds suppressions of clients and the log of their changes. Programs of the previous version do not apply them. */
export const addSavedSuppressions: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await db.schema
      .createTable('saved_suppression')
      .addColumn('name', 'text', (column) => column.notNull().primaryKey())
      .addColumn('content', 'text', (column) => column.notNull())
      .addColumn('sha256', 'text', (column) => column.notNull())
      .addColumn('saved_at', types.integer, (column) => column.notNull())
      .addColumn('saved_by', 'text')
      .modifyEnd(types.plain)
      .execute();
    await db.schema
      .createTable('audit_entry')
      .addColumn('number', types.rowNumber)
      .addColumn('at', types.integer, (column) => column.notNull())
      .addColumn('actor', 'text')
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('before', 'text')
      .addColumn('after', 'text')
      .modifyEnd(types.plain)
      .execute();
  },
};
