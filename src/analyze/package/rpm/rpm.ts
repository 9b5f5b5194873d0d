import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import type { Files, PathPattern } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { deduplicated } from '../listing.ts';
import { Ownership } from '../ownable.ts';
import { isBdb, readBdb } from './bdb.ts';
import { Capabilities } from './capabilities.ts';
import { type Blob, type FileEntries, type RpmHeader, readHeader } from './header.ts';
import { readManifest } from './manifest.ts';
import { isNdb, readNdb } from './ndb.ts';
import { ownedFilesOf } from './owned-files.ts';
import { readPackagesTable } from './packages-table.ts';
import { packageOf } from './rpm-package.ts';
import { isSqlite } from './sqlite-pages.ts';
import { hotJournal, journalPath, orphanedWal, readWithWal, walPath } from './sqlite-side-files.ts';

/** The usual directory, that of SUSE, Fedora and RHEL 10, and that of ostree images. */
const directories = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'];
const databaseFiles = ['Packages', 'Packages.db', 'rpmdb.sqlite'];
const databases: readonly PathPattern[] = directories.flatMap((directory) =>
  databaseFiles.map((file) => `${directory}/${file}`),
);
const sideFiles: readonly PathPattern[] = directories
  .map((directory) => `${directory}/rpmdb.sqlite`)
  .flatMap((database) => [walPath(database), journalPath(database)]);
const manifest = 'var/lib/rpmmanifest/container-manifest-2';

/**
 * Lists rpm packages from each database format of rpm, and from the manifest that some images have instead. An empty
 * file is not damage: tools create it in images of other distributions, and an image without packages is never clean.
 */
export const rpmLister: PackageLister = {
  name: 'rpm',
  version: 8,
  wants: [...databases, ...sideFiles, manifest],
  *list(files: Files) {
    const ownership = new Ownership();
    for (const path of databases) {
      yield* hotJournal(path, files);
      const content = files.get(path);
      if (content === undefined || content.length === 0) {
        yield* orphanedWal(path, files);
        continue;
      }
      const log = files.get(walPath(path));
      yield* readWithWal(path, log);
      const blobs = readDatabase(content, log);
      const capabilities = new Capabilities();
      yield* capabilities.resolve(deduplicated(path, listDatabase(path, blobs, { ownership, capabilities })));
      yield* ownership.problems(path);
    }
    const content = files.get(manifest);
    if (content !== undefined && content.length > 0) yield* deduplicated(manifest, listManifest(content));
  },
};

/** Data that is collected while the headers of a database are read. */
interface Collected {
  readonly ownership: Ownership;
  readonly capabilities: Capabilities;
}

function* listDatabase(
  path: string,
  blobs: Iterable<Blob>,
  { ownership, capabilities }: Collected,
): Generator<ListerEvent> {
  for (const blob of blobs) {
    const header = typeof blob === 'string' ? blob : readHeader(blob);
    const item = typeof header === 'string' ? header : packageOf(header);
    if (typeof header === 'object') yield* listRepeated(path, header);
    if (typeof item === 'string') yield { kind: 'problem', path, problem: item };
    else if (item !== undefined) yield { kind: 'package', path, package: item };
    if (typeof header !== 'object' || typeof item !== 'object') continue;
    capabilities.add(item, header);
    yield* listOwned(path, item.name, header.files ?? {}, ownership);
  }
}

function* listRepeated(path: string, { name = '', repeated = [] }: RpmHeader): Generator<ListerEvent> {
  for (const tag of repeated)
    yield {
      kind: 'problem',
      path,
      problem: `the header of ${quoteUntrusted(name)} has the tag ${tag} more than once; rpm may use another`,
    };
}

function* listOwned(
  path: string,
  owner: string,
  entries: FileEntries,
  ownership: Ownership,
): Generator<ListerEvent> {
  const files = ownedFilesOf(entries, ownership);
  if (files === undefined)
    yield { kind: 'problem', path, problem: `package ${owner} has an unreadable list of files` };
  else if (files.length > 0) yield { kind: 'owned-files', path, owner, files };
}

/** Reads a database. Recognises its format by its first bytes, not by the file name. */
function readDatabase(content: Uint8Array, log: Uint8Array | undefined): Iterable<Blob> {
  if (isSqlite(content)) return readPackagesTable(content, log);
  if (isNdb(content)) return readNdb(content);
  if (isBdb(content)) return readBdb(content);
  return ['is not an rpm database of a known format'];
}

function* listManifest(content: Uint8Array): Generator<ListerEvent> {
  let entries = 0;
  for (const header of readManifest(content)) {
    entries++;
    const item = typeof header === 'string' ? header : packageOf(header);
    if (typeof item === 'string') yield { kind: 'problem', path: manifest, problem: item };
    else if (item !== undefined) yield { kind: 'package', path: manifest, package: item };
  }
  if (entries === 0)
    yield { kind: 'problem', path: manifest, problem: 'holds no package; it may not be a manifest' };
}
