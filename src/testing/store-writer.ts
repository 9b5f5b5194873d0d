import { type WrittenDatabase, writeSqlite } from './sqlite-writer.ts';

const hash = '0c0dzxzqpmpnqq4mkq8jyxy9bvjc3wzp';

/** Returns a database of a store of Nix or Guix with these names, in the form that Nix 2 creates. */
export function storeDatabase(store: string, names: readonly string[]): Buffer {
  return writeStoreDatabase(store, names, 'delete').file;
}

/** Returns the same, and its log in the mode `wal`. */
export function writeStoreDatabase(
  store: string,
  names: readonly string[],
  journal: 'wal' | 'delete',
): WrittenDatabase {
  return writeSqlite(journal, 1024, (engine) => {
    engine.exec(
      'create table ValidPaths (id integer primary key autoincrement not null, path text unique not null, hash text not null, registrationTime integer not null, deriver text)',
    );
    const insert = engine.prepare('insert into ValidPaths (path, hash, registrationTime) values (?, ?, 0)');
    for (const name of names) insert.run(`${store}/${hash}-${name}`, 'sha256:x');
  });
}
