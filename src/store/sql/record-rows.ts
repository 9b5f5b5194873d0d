import type { Kysely } from 'kysely';
import { allocateNumbers } from './id-counter.ts';
import type { Tables } from './schema.ts';
import type { Staging } from './staging.ts';

/** Ends the validity of the records that are no longer current. */
export async function closeRecords(
  db: Kysely<Tables>,
  { staging, count, at }: { readonly staging: Staging; readonly count: number; readonly at: number },
): Promise<void> {
  if (count === 0) return;
  await db
    .updateTable('vulnerability')
    .set({ valid_to: at })
    .where((eb) => staging.isClosed(eb))
    .execute();
}

/** Inputs of `insertRecords`. */
export interface Insertion {
  readonly staging: Staging;
  readonly feedId: number;
  readonly at: number;
}

/** Moves the staged records into the tables; returns the number before that of the first. */
export async function insertRecords(db: Kysely<Tables>, { staging, feedId, at }: Insertion): Promise<number> {
  const before = await allocateNumbers(db, 'vulnerability', staging.count);
  if (staging.count > 0) await staging.insert(db, { before, feedId, at });
  return before;
}
