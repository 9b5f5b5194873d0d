import { CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../kit/collections.ts';
import { listRows, rowParameters } from './row-parameters.ts';
import type { Tables } from './schema.ts';

/** Rows per statement. */
const rowsAtATime = 256;

/** Which rows an update changes, and the columns that it sets. Expressions have the values of a row as `given.column2` and so on. */
interface Update {
  readonly table: keyof Tables;
  /** The column with the numbers of rows. */
  readonly key: string;
  /** Expressions without parameters, by column. */
  readonly set: Readonly<Record<string, RawBuilder<unknown>>>;
}

/** Updates many rows by few statements. Each list of values begins with the number of its row. All lists have the same length. */
export async function updateByNumber(
  db: Kysely<Tables>,
  update: Update,
  rows: readonly (readonly number[])[],
): Promise<void> {
  // Rows are locked in one order, and those of a page together.
  const sorted = rows.toSorted(([a = 0], [b = 0]) => a - b);
  for (const some of splitIntoChunks(sorted, rowsAtATime)) {
    // A row that is given twice changes once. So statements have few lengths, and stay prepared.
    const padded = padToPowerOfTwo(some);
    await db.executeQuery(CompiledQuery.raw(statementFor(db, update, padded), padded.flat()));
  }
}

const placeOfRows = '/* rows */';

/** The first row has the types of all. PostgreSQL would take them for texts otherwise. */
function statementFor(
  db: Kysely<Tables>,
  { table, key, set }: Update,
  rows: readonly (readonly number[])[],
): string {
  const columns = Object.entries(set).map(([column, value]) => sql`${sql.id(column)} = ${value}`);
  const { sql: text } = sql`
    update ${sql.table(table)} set ${sql.join(columns)} from (values ${sql.raw(placeOfRows)}) as given
    where ${sql.ref(`${table}.${key}`)} = given.column1
  `.compile(db);
  const [first = [], ...others] = rowParameters(db, rows.length, rows[0]?.length ?? 0);
  const typed = first.map((parameter) => `cast(${parameter} as bigint)`);
  return text.replace(placeOfRows, () => listRows([typed, ...others]));
}
