import type { Blob } from './header.ts';
import { type SchemaEntry, SqliteDatabase } from './sqlite.ts';
import type { SqliteValue } from './sqlite-record.ts';

const table = 'Packages';

/**
 * Matches the statement with which rpm creates the table (rpm, lib/backend/sqlite.c), also with other blanks, case or
 * quotes around the name. Other statements may have another column order, so their tables are refused.
 */
const statement =
  /^CREATE\s+TABLE\s+(['"]?)Packages\1\s*\(\s*hnum\s+INTEGER\s+PRIMARY\s+KEY(?:\s+AUTOINCREMENT)?\s*,\s*blob\s+BLOB(?:\s+NOT\s+NULL)?\s*\)\s*$/i;

/** Matches the start of a statement for a table of another name, such as those of rpm that refer to `Packages`. */
const otherStatement = /^CREATE\s+TABLE\s+(['"]?)(?!Packages\b)\w+\1\s*\(/i;

/** Yields the headers in an `rpmdb.sqlite` file with its write-ahead log applied. */
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
  return rows ?? `has a table ${table} in another form than rpm creates; it was not read`;
}

/** Returns whether an entry is for a table of another name in each of its columns. */
function isOther({ name, table: belongsTo, statement }: SchemaEntry): boolean {
  const isNamed = [name, belongsTo].some((text) => text.toLowerCase() === table.toLowerCase());
  return !isNamed && otherStatement.test(statement);
}

function isMadeByRpm(entry: SchemaEntry): boolean {
  return (
    entry.type === 'table' && entry.name === table && entry.table === table && statement.test(entry.statement)
  );
}
