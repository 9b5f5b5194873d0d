import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/**
 * Adds the date of the content of each feed. For existing feeds only the newest advisory is known. It may be the date of a record
 * or of HTTP, so it counts as the weaker evidence.
 */
export async function addContentDates(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  for (const table of ['feed', 'feed_history'] as const) {
    await db.schema.alterTable(table).addColumn('content_date', types.integer).execute();
    await db.schema.alterTable(table).addColumn('content_evidence', 'text').execute();
    await db
      .updateTable(table)
      .set((eb) => ({ content_date: eb.ref('newest_advisory'), content_evidence: 'http' }))
      .where('newest_advisory', 'is not', null)
      .execute();
  }
}
