import type { CompatibleMigration } from './migration.ts';

/** Adds the credentials that a client chose for a scan. Programs of the previous version run such a scan with those of all scans. */
export const addScanCredentials: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db) => {
    await db.schema.alterTable('scan_job').addColumn('credentials', 'text').execute();
  },
};
