import type { Blob } from './header.ts';
import { SqliteDatabase } from './sqlite.ts';

/** The headers in an `rpmdb.sqlite` file, with the write-ahead log beside it applied. */
export function* readPackagesTable(bytes: Uint8Array, log: Uint8Array | undefined): Generator<Blob> {
  const database = SqliteDatabase.open(bytes, log);
  if (typeof database === 'string') {
    yield database;
    return;
  }
  yield* database.problems;
  const rows = database.rows('Packages', ['blob']);
  if (rows === undefined) yield 'has no table Packages';
  else
    for (const row of rows) {
      if (typeof row === 'string') yield row;
      else yield row[0] instanceof Uint8Array ? row[0] : 'a row is damaged';
    }
}
