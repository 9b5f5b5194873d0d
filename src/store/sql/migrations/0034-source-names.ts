import type { CompatibleMigration } from './migration.ts';

/** Adds an index by which lists find the packages of a source package. Servers of the previous version ignore it. */
export const indexSourceNames: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db) => {
    await db.schema
      .createIndex('found_package_source')
      .on('found_package')
      .columns(['source_name', 'name'])
      .execute();
  },
};
