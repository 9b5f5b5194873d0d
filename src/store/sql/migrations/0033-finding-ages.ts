import type { CompatibleMigration } from './migration.ts';

/** Adds the ages of findings. Servers of the previous version ignore them, and the next count fills them. */
export const addFindingAges: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await db.schema
      .createTable('repository_age')
      .addColumn('path', types.bytes, (column) => column.notNull().primaryKey())
      .addColumn('content', types.bytes, (column) => column.notNull())
      .modifyEnd(types.plain)
      .execute();
    await db.schema
      .createTable('age_sum')
      .addColumn('path', types.bytes, (column) => column.notNull().primaryKey())
      .addColumn('path_end', types.bytes, (column) => column.notNull())
      .addColumn('depth', types.integer, (column) => column.notNull())
      .addColumn('content', types.bytes, (column) => column.notNull())
      .modifyEnd(types.plain)
      .execute();
    await db.schema.createIndex('age_sum_depth').on('age_sum').columns(['depth', 'path']).execute();
  },
};
