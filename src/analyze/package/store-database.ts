import { storeDatabases } from '../../model/evidence/kinds.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { inventoryNamespace, manifestEvent } from '../manifest-lister.ts';
import { deduplicated } from './listing.ts';
import { SqliteDatabase } from './rpm/sqlite.ts';
import { orphanedWal, readWithWal, walPath } from './rpm/sqlite-side-files.ts';

/** A package manager that keeps each package in a directory of a store, named after its hash, and lists the valid ones in a database. */
interface PackageStore {
  readonly type: 'nix' | 'guix';
  readonly database: string;
  /** The start of the paths in the database. */
  readonly directory: string;
}

/** Lists packages of Nix by its database. There are no advisories, and patches without a new version are common. */
export const nixLister = storeLister({
  type: 'nix',
  database: storeDatabases.nix,
  directory: '/nix/store/',
});

/** Lists packages of Guix by its database, which has the form of that of Nix. There are no advisories. */
export const guixLister = storeLister({
  type: 'guix',
  database: storeDatabases.guix,
  directory: '/gnu/store/',
});

function storeLister(store: PackageStore): PackageLister {
  const { type, database } = store;
  return {
    name: type,
    version: 2,
    wants: [database, walPath(database)],
    ecosystem: inventoryNamespace(type),
    *list(files: Files) {
      const content = files.get(database);
      if (content === undefined) {
        yield* orphanedWal(database, files);
        return;
      }
      const log = files.get(walPath(database));
      yield* readWithWal(database, log);
      yield* deduplicated(database, listDatabase(store, content, log));
    },
  };
}

function* listDatabase(
  { type, database, directory }: PackageStore,
  content: Uint8Array,
  log: Uint8Array | undefined,
): Generator<ListerEvent> {
  const problem = (text: string): ListerEvent => ({ kind: 'problem', path: database, problem: text });
  const opened = SqliteDatabase.open(content, log);
  if (typeof opened === 'string') {
    yield problem(opened);
    return;
  }
  yield* opened.problems.map(problem);
  for (const row of opened.rows('ValidPaths', ['path']) ?? ['has no table of valid paths']) {
    const [path] = typeof row === 'string' ? [] : row;
    const found = typeof path === 'string' ? packageAt(path, directory) : undefined;
    if (typeof row === 'string') yield problem(row);
    else if (found !== undefined) yield manifestEvent(type, database, found);
  }
}

/** `/nix/store/0c0dzxzqpmpnqq4mkq8jyxy9bvjc3wzp-openssl-3.0.8-bin`: a hash of 32 characters, and a name. */
const entryName = /^[0-9a-z]{32}-(\S+)$/;
/** Sources and instructions to build a package. */
const notInstalled =
  /\.(?:drv|patch|diff|tar(?:\.\w+)?|t[bgx]z|zip|gz|bz2|xz|zst|sh|lock|json|nix|scm|c|py|conf)$/;
/** The output of a package that a path contains, at the end of its name. */
const output = /-(?:bin|dev|devdoc|doc|debug|data|dist|info|lib|man|out|static|terminfo)$/;

/** Returns the package of a path. Undefined for the path of something else, such as a source or a script. */
function packageAt(
  path: string,
  directory: string,
): { readonly name: string; readonly version: string } | undefined {
  const [, whole] = (path.startsWith(directory) && entryName.exec(path.slice(directory.length))) || [];
  if (whole === undefined || notInstalled.test(whole)) return undefined;
  const named = whole.replace(output, '');
  const at = versionStart(named);
  return at === -1 ? undefined : { name: named.slice(0, at - 1), version: named.slice(at) };
}

/** Returns where the version begins: after the first hyphen that no letter follows, as in Nix. */
function versionStart(name: string): number {
  for (let hyphen = name.indexOf('-', 1); hyphen !== -1; hyphen = name.indexOf('-', hyphen + 1))
    if (/^\d/.test(name.slice(hyphen + 1, hyphen + 2))) return hyphen + 1;
  return -1;
}
