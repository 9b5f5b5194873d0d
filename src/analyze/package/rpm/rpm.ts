import type { Files, PathPattern } from '../../../plugin/layer-files.ts';
import type { Listed, PackageLister } from '../../../plugin/package-lister.ts';
import { distinct } from '../listing.ts';
import { isBdb, readBdb } from './bdb.ts';
import { type Blob, readHeader } from './header.ts';
import { readManifest } from './manifest.ts';
import { isNdb, readNdb } from './ndb.ts';
import { packageOf } from './rpm-package.ts';
import { readSqlite } from './sqlite.ts';
import { isSqlite } from './sqlite-pages.ts';

/** The usual place, that of SUSE, Fedora and RHEL 10, and that of ostree images. */
const directories = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'];
const databaseFiles = ['Packages', 'Packages.db', 'rpmdb.sqlite'];
const logSuffix = '-wal';
const databases: readonly PathPattern[] = directories.flatMap((directory) =>
  databaseFiles.map((file) => `${directory}/${file}`),
);
const logs: readonly PathPattern[] = directories.map((directory) => `${directory}/rpmdb.sqlite${logSuffix}`);
const manifest = 'var/lib/rpmmanifest/container-manifest-2';

/** Lists rpm packages, from each of the databases rpm has had, and from the manifest that stands in for one. */
export const rpm: PackageLister = {
  name: 'rpm',
  version: 1,
  wants: [...databases, ...logs, manifest],
  *list(files: Files) {
    for (const path of databases) {
      const content = files.get(path);
      if (content !== undefined)
        yield* distinct(path, listDatabase(path, content, files.get(path + logSuffix)));
    }
    for (const path of logs) {
      const isAlone = files.has(path) && !files.has(path.slice(0, -logSuffix.length));
      if (isAlone && files.get(path)?.length !== 0)
        yield { path, problem: 'is a write-ahead log without its database' };
    }
    const content = files.get(manifest);
    if (content !== undefined) yield* distinct(manifest, listManifest(content));
  },
};

function* listDatabase(path: string, content: Uint8Array, log: Uint8Array | undefined): Generator<Listed> {
  for (const blob of readDatabase(content, log)) {
    const header = typeof blob === 'string' ? blob : readHeader(blob);
    const item = typeof header === 'string' ? header : packageOf(header);
    if (typeof item === 'string') yield { path, problem: item };
    else if (item !== undefined) yield { path, package: item };
  }
}

/** The name of the file does not fix its format: its first bytes do. */
function readDatabase(content: Uint8Array, log: Uint8Array | undefined): Iterable<Blob> {
  if (content.length === 0) return ['is empty; the packages of this image are unknown'];
  if (isSqlite(content)) return readSqlite(content, log);
  if (isNdb(content)) return readNdb(content);
  if (isBdb(content)) return readBdb(content);
  return ['is no rpm database of a known format'];
}

function* listManifest(content: Uint8Array): Generator<Listed> {
  let entries = 0;
  for (const header of readManifest(content)) {
    entries++;
    const item = typeof header === 'string' ? header : packageOf(header);
    if (typeof item === 'string') yield { path: manifest, problem: item };
    else if (item !== undefined) yield { path: manifest, package: item };
  }
  if (entries === 0) yield { path: manifest, problem: 'is empty; the packages of this image are unknown' };
}
