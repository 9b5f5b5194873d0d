import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/** Adds the parts of images that could not be read. Images of the previous version have none, because it refused them. */
export const addUnreadParts: CompatibleMigration = { minimumSchema: 14, change: addColumn };

async function addColumn(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('image').addColumn('unread', 'text').execute();
}
