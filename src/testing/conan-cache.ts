import { writeSqlite } from './sqlite-writer.ts';

/** A package in the cache of Conan 2: its reference and its directory. */
export type CachedConanPackage = readonly [reference: string, directory: string];

/** Returns the database of the cache of Conan 2 with these packages, as Conan 2.34 creates it. */
export function conanCache(packages: readonly CachedConanPackage[], recipes: readonly string[] = []): Buffer {
  const { file } = writeSqlite('delete', 4096, (engine) => {
    engine.exec(
      'CREATE TABLE recipes (reference text NOT NULL, rrev text NOT NULL, path text NOT NULL UNIQUE, timestamp real NOT NULL, lru integer NOT NULL , UNIQUE(reference, rrev))',
    );
    engine.exec(
      'CREATE TABLE packages (reference text NOT NULL, rrev text NOT NULL, pkgid text, prev text, path text NOT NULL UNIQUE, timestamp real NOT NULL, build_id text, lru integer NOT NULL , UNIQUE(reference, rrev, pkgid, prev))',
    );
    const recipe = engine.prepare('insert into recipes values (?, ?, ?, 1795891287.6, 1795891287)');
    for (const [i, reference] of recipes.entries()) recipe.run(reference, '3508dd07', `recipe${i}`);
    const insert = engine.prepare(
      'insert into packages values (?, ?, ?, ?, ?, 1795891287.6, null, 1795891287)',
    );
    for (const [reference, directory] of packages)
      insert.run(reference, '3508dd07', 'da39a3ee', '0ba8627b', directory);
  });
  return file;
}
