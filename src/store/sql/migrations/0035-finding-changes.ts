import type { CompatibleMigration } from './migration.ts';

/** Adds the changed findings of each day by their causes. Servers of the previous version write none. */
export const addFindingChanges: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await db.schema
      .createTable('finding_change')
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('cause', types.integer, (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('rank', types.integer, (column) => column.notNull())
      .addColumn('opened', types.integer, (column) => column.notNull())
      .addColumn('closed', types.integer, (column) => column.notNull())
      .addColumn('rerated', types.integer, (column) => column.notNull())
      .addColumn('place', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('finding_change_key', ['day', 'cause', 'subject'])
      .modifyEnd(types.orderedByKey)
      .execute();
    await db.schema
      .createIndex('finding_change_order')
      .on('finding_change')
      .columns(['day', 'cause', 'place', 'subject'])
      .execute();
    await db.schema
      .createTable('finding_change_sum')
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('cause', types.integer, (column) => column.notNull())
      .addColumn('rank', types.integer, (column) => column.notNull())
      .addColumn('subjects', types.integer, (column) => column.notNull())
      .addColumn('opened', types.integer, (column) => column.notNull())
      .addColumn('closed', types.integer, (column) => column.notNull())
      .addColumn('rerated', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('finding_change_sum_key', ['day', 'cause', 'rank'])
      .modifyEnd(types.plain)
      .execute();
  },
};
