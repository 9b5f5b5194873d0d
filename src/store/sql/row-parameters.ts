import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

/**
 * Returns the parameters of rows, for statements with many rows: to let Kysely compile a hundred rows takes 20 ms. PostgreSQL numbers
 * them, and SQLite does not.
 */
export function rowParameters(db: Kysely<Tables>, rows: number, columns: number): string[][] {
  const isNumbered = sql`${0}`.compile(db).sql.startsWith('$');
  return Array.from({ length: rows }, (_row, row) =>
    Array.from({ length: columns }, (_column, column) =>
      isNumbered ? `$${row * columns + column + 1}` : '?',
    ),
  );
}

/** Writes rows as a list of `values` has them. */
export function listRows(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `(${row.join(', ')})`).join(', ');
}
