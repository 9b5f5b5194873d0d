import type { Kysely } from 'kysely';
import type { ColumnTypes, Numbering } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Numbers new names without a row that all writers lock, where the engine can. Continues after the highest number. */
export async function numberIndependently(
  db: Kysely<Tables>,
  _types: ColumnTypes,
  numbering: Numbering,
): Promise<void> {
  for (const table of ['v1_layer', 'ancestry'] as const) await numbering.continueCounter(db, table);
}
