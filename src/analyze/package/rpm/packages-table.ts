import type { Blob } from './header.ts';
import { type SchemaEntry, SqliteDatabase } from './sqlite.ts';
import type { SqliteValue } from './sqlite-record.ts';

const table = 'Packages';

/**
 * The statement by which rpm makes the table, rpm's lib/backend/sqlite.c, and the same with other blanks, case or quotes around the
 * name of the table. Of another one the columns might lie elsewhere in the row, so the table is refused.
 */
const statement =
  /^CREATE\s+TABLE\s+(['"]?)Packages\1\s*\(\s*hnum\s+INTEGER\s+PRIMARY\s+KEY(?:\s+AUTOINCREMENT)?\s*,\s*blob\s+BLOB(?:\s+NOT\s+NULL)?\s*\)\s*$/i;

/** The start of a statement that makes a table of another name, as those of rpm that refer to `Packages` do. */
const otherStatement = /^CREATE\s+TABLE\s+(['"]?)(?!Packages\b)\w+\1\s*\(/i;

/** The headers in an `rpmdb.sqlite` file, with the write-ahead log beside it applied. */
export function* readPackagesTable(bytes: Uint8Array, log: Uint8Array | undefined): Generator<Blob> {
  const database = SqliteDatabase.open(bytes, log);
  if (typeof database === 'string') {
    yield database;
    return;
  }
  yield* database.problems;
  const rows = packageRows(database);
  if (typeof rows === 'string') yield rows;
  else
    for (const row of rows) {
      if (typeof row === 'string') yield row;
      else yield row[0] instanceof Uint8Array ? row[0] : 'a row is damaged';
    }
}

function packageRows(database: SqliteDatabase): Iterable<readonly SqliteValue[] | string> | string {
  const [entry, ...others] = database.entriesNaming(table).filter((each) => !isOther(each));
  if (entry === undefined) return `has no table ${table}`;
  const rows = others.length === 0 && isMadeByRpm(entry) ? database.rows(table, ['blob']) : undefined;
  return rows ?? `has a table ${table} that is not as rpm makes it; it was not read`;
}

/** Whether an entry makes a table of another name, and says so in each of its columns. */
function isOther({ name, table: belongsTo, statement }: SchemaEntry): boolean {
  const isNamed = [name, belongsTo].some((text) => text.toLowerCase() === table.toLowerCase());
  return !isNamed && otherStatement.test(statement);
}

function isMadeByRpm(entry: SchemaEntry): boolean {
  return (
    entry.type === 'table' && entry.name === table && entry.table === table && statement.test(entry.statement)
  );
}
