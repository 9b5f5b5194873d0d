import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Adds whether a row applies to source packages. Until now each query looked for it in the text of the conditions. */
export async function addMatchKeys(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .alterTable('affected')
    .addColumn('matches_source', types.integer, (column) => column.notNull().defaultTo(0))
    .execute();
  // In conditions only an architecture can equal this text: modules and products have colons.
  await sql`update affected set matches_source = 1 where conditions like '%"src"%'`.execute(db);
}
