import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/** Number of rows per search. */
export const expiredAtATime = 1000;

/** How to find and delete the expired rows of a table. */
export interface ExpiredRows<Key> {
  /** Returns the next keys behind a key, in a fixed order. Runs outside transactions, so it blocks no writer. */
  readonly find: (db: Kysely<Tables>, after: Key | undefined) => Promise<readonly Key[]>;
  /** Deletes the rows with these keys that are still expired; returns their number. Excludes all other writers. */
  readonly drop: (db: Kysely<Tables>, keys: readonly Key[]) => Promise<number>;
  /** Number of keys per transaction. */
  readonly atATime: number;
}

/**
 * Deletes expired rows; returns their number. A search may take long, so it runs without a lock. Each transaction then deletes few
 * rows by their keys, and checks again, because a row may have been used since the search.
 */
export async function dropExpired<Key>(
  engine: Engine,
  { find, drop, atATime }: ExpiredRows<Key>,
): Promise<number> {
  let total = 0;
  for (let after: Key | undefined; ; ) {
    const keys = await find(engine.db, after);
    for (const some of splitIntoChunks(keys, atATime)) total += await engine.write((db) => drop(db, some));
    after = keys.at(-1);
    if (after === undefined) return total;
  }
}

/** A row by its time and number. */
export interface RowAge {
  readonly at: number;
  readonly id: number;
}

/** Returns the condition for a row to be behind another in the order of these columns; true for each row without another. */
export function behind(
  columns: readonly string[],
  after: readonly (string | number)[] | undefined,
): Expression<SqlBool> {
  if (after === undefined) return sql<SqlBool>`true`;
  return sql<SqlBool>`(${sql.join(columns.map((column) => sql.ref(column)))}) > (${sql.join(after)})`;
}
