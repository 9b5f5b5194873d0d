import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { inventoryNamespace, manifestEvent } from '../../manifest-lister.ts';
import { deduplicated } from '../../package/listing.ts';
import { SqliteDatabase } from '../../package/rpm/sqlite.ts';
import { orphanedWal, readWithWal, walPath } from '../../package/rpm/sqlite-side-files.ts';

/** A package in the cache of Conan 1: `data/NAME/VERSION/USER/CHANNEL/package/ID/conaninfo.txt`. */
const informationPath = /(?:^|\/)data\/([^/]+)\/([^/]+)\/[^/]+\/[^/]+\/package\/[^/]+\/conaninfo\.txt$/;

/** The database of the cache of Conan 2. The directories beside it have shortened names, and no versions. */
const databasePath = /(?:^|\/)p\/cache\.sqlite3$/;
const logEnding = walPath('');

/** Lists packages of C and C++ in the caches of Conan 1 and 2. There are no advisories. */
export const conanLister: PackageLister = {
  name: 'conan',
  version: 3,
  wants: [
    ...['**/*/*/package/*/conaninfo.txt', '**/p/conaninfo.txt', '**/b/conaninfo.txt'],
    ...['**/p/cache.sqlite3', `**/${walPath('p/cache.sqlite3')}`],
  ],
  ecosystem: inventoryNamespace('conan'),
  *list(files: Files) {
    for (const [path, content] of files) {
      if (databasePath.test(path)) yield* deduplicated(path, listCache(path, content, files));
      else if (path.endsWith(logEnding)) yield* orphaned(path.slice(0, -logEnding.length), files);
      else yield* listInformation(path);
    }
  },
};

function orphaned(database: string, files: Files): Iterable<ListerEvent> {
  return files.has(database) ? [] : orphanedWal(database, files);
}

function* listInformation(path: string): Generator<ListerEvent> {
  const [, name, version] = informationPath.exec(path) ?? [];
  if (name !== undefined && version !== undefined) yield manifestEvent('conan', path, { name, version });
}

/** Lists the packages of a database. Recipes without a package are not in its table of packages. */
function* listCache(database: string, content: Uint8Array, files: Files): Generator<ListerEvent> {
  const problem = (text: string): ListerEvent => ({ kind: 'problem', path: database, problem: text });
  const log = files.get(walPath(database));
  const opened = SqliteDatabase.open(content, log);
  if (typeof opened === 'string') {
    yield problem(opened);
    return;
  }
  yield* readWithWal(database, log);
  yield* opened.problems.map(problem);
  for (const row of opened.rows('packages', ['reference', 'path']) ?? ['has no table of packages']) {
    if (typeof row === 'string') yield problem(row);
    else yield* packageEvents(row, database, files);
  }
}

/**
 * Yields the package of a row, at the file that shows that it is there. The log of a build has the same file, which states no further
 * package. A package of an earlier layer is at the database.
 */
function* packageEvents(
  [reference, directory]: readonly unknown[],
  database: string,
  files: Files,
): Generator<ListerEvent> {
  const inCache = (path: string): string => `${database.slice(0, database.lastIndexOf('/'))}/${path}`;
  const information = inCache(`${String(directory)}/p/conaninfo.txt`);
  const buildInformation = inCache(`${String(directory)}/b/conaninfo.txt`);
  if (files.has(buildInformation)) yield { kind: 'no-package', path: buildInformation };
  const path = files.has(information) ? information : database;
  yield manifestEvent(
    'conan',
    path,
    packageOf(reference) ?? { problem: 'states a package without a reference' },
  );
}

/** Parses a reference: `zlib/1.2.13`, or `zlib/1.2.13@user/channel`. */
function packageOf(reference: unknown): { readonly name: string; readonly version: string } | undefined {
  const [, name, version] =
    (typeof reference === 'string' && /^([^/@]+)\/([^/@]+)(?:@|$)/.exec(reference)) || [];
  return name === undefined || version === undefined ? undefined : { name, version };
}
