import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/**
 * Adds the version of the model that computed the content of a feed. Programs of the previous version leave it as it is. The next update by
 * this version reads their feeds again, because they have an earlier version of the source.
 */
export const addContentModels: CompatibleMigration = { minimumSchema: 14, change: addColumns };

async function addColumns(db: Kysely<Tables>): Promise<void> {
  for (const table of ['feed', 'feed_history'] as const)
    await db.schema.alterTable(table).addColumn('content_model', 'text').execute();
}
