import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/**
 * Adds how a package is known to be in an image, what contains it, and its functions. Servers of the previous version write packages without
 * these, whose findings count.
 */
export const addPackageEvidence: CompatibleMigration = { minimumSchema: 14, change: addColumns };

async function addColumns(db: Kysely<Tables>): Promise<void> {
  for (const column of ['evidence', 'parent', 'functions'])
    await db.schema.alterTable('package').addColumn(column, 'text').execute();
}
