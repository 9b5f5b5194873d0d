import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTemporaryDirectory } from './native-tool.ts';

/** A database file and, in the mode `wal`, its write-ahead log. */
export interface WrittenDatabase {
  readonly file: Buffer;
  readonly log: Buffer | undefined;
}

/** The class of SQLite databases. It is loaded at run time because only the store may import it. */
export type SqliteEngine = InstanceType<NonNullable<typeof sqlite>['DatabaseSync']>;

const sqlite = process.getBuiltinModule('node:sqlite');

/** Runs work in SQLite; returns the files on disk before SQLite closes them. */
export function writeSqlite(
  journal: 'wal' | 'delete',
  pageSize: number,
  work: (engine: SqliteEngine) => void,
): WrittenDatabase {
  return withTemporaryDirectory((directory) => {
    const path = join(directory, 'database.sqlite');
    const engine = new sqlite.DatabaseSync(path);
    try {
      engine.exec(
        `pragma page_size=${pageSize}; pragma journal_mode=${journal}; pragma wal_autocheckpoint=0; pragma foreign_keys=off; pragma synchronous=off;`,
      );
      work(engine);
      return { file: readFileSync(path), log: journal === 'wal' ? readFileSync(`${path}-wal`) : undefined };
    } finally {
      engine.close();
    }
  });
}

/** Returns the values of a column as SQLite reads them; undefined if it rejects the database. */
export function readBySqlite({ file, log }: WrittenDatabase, query: string): unknown[] | undefined {
  return withTemporaryDirectory((directory) => {
    const path = join(directory, 'database.sqlite');
    writeFileSync(path, file);
    if (log !== undefined) writeFileSync(`${path}-wal`, log);
    const engine = new sqlite.DatabaseSync(path);
    try {
      return engine
        .prepare(query)
        .all()
        .flatMap((row) => Object.values(row));
    } catch {
      return undefined;
    } finally {
      engine.close();
    }
  });
}
