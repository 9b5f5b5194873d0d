import { type Kysely, type RawBuilder, sql } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { Tables } from './schema.ts';

/** Rows per statement. */
const rowsAtATime = 1000;

/** Which rows an update changes, and the columns that it sets. Expressions have the values of a row as `given.column2` and so on. */
interface Update {
  readonly table: keyof Tables;
  /** The column with the numbers of rows. */
  readonly key: string;
  readonly set: Readonly<Record<string, RawBuilder<unknown>>>;
}

/** Updates many rows by few statements. Each list of values begins with the number of its row. All values are safe integers. */
export async function updateByNumber(
  db: Kysely<Tables>,
  { table, key, set }: Update,
  rows: readonly (readonly number[])[],
): Promise<void> {
  const columns = Object.entries(set).map(([column, value]) => sql`${sql.id(column)} = ${value}`);
  // Rows are locked in one order, and those of a page together.
  const sorted = rows.toSorted(([a = 0], [b = 0]) => a - b);
  for (const some of splitIntoChunks(sorted, rowsAtATime))
    await sql`
      update ${sql.table(table)} set ${sql.join(columns)} from (values ${literals(some)}) as given
      where ${sql.ref(`${table}.${key}`)} = given.column1
    `.execute(db);
}

/** Not parameters: PostgreSQL would take those of `values` for texts. */
function literals(rows: readonly (readonly number[])[]): RawBuilder<unknown> {
  for (const value of rows.flat())
    if (!Number.isSafeInteger(value)) throw new Error(`${value} is not a safe integer`);
  return sql.raw(rows.map((row) => `(${row.join(', ')})`).join(', '));
}
