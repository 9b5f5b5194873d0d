import { sql } from 'kysely';
import type { CompatibleMigration } from './migration.ts';

/** The tables of the index of findings whose numbers of images change with every image. */
const tables = ['finding', 'found_vulnerability', 'installed_name'] as const;

/** Leaves free what these tables need to change in place, in pages that are written from now on. Other indexes then stay as they are. */
export const leavePagesHalfFilled: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, { halfFilled }) => {
    if (halfFilled === undefined) return;
    for (const table of tables) await sql`alter table ${sql.table(table)} ${halfFilled}`.execute(db);
  },
};
