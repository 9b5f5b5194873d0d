import { keptLine } from '../../kit/kept-line.ts';
import { limits } from '../../kit/limits.ts';
import { quoted } from '../../kit/quoted.ts';
import { cleanPath } from '../../kit/tar/path.ts';
import { type PlaceOfFiles, placeOfFiles } from '../../model/evidence/program-names.ts';
import type { ListedPackage, SourcePackage } from '../../model/package.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { Listed, PackageLister } from '../../plugin/package-lister.ts';
import { type Stanza, stanzas } from '../deb822.ts';
import { Lines } from '../text-lines.ts';
import { debianCopyright } from './debian-copyright.ts';
import { DependencyBudget, dependencyFields } from './dependency-names.ts';
import { archOf, distinct, isWord } from './listing.ts';
import { isOwnableName, Ownership } from './ownable.ts';
import { lostBytes, lostEnd } from './text-damage.ts';

const statusFile = 'var/lib/dpkg/status';
const statusDirectory = 'var/lib/dpkg/status.d/';
const infoDirectory = 'var/lib/dpkg/info/';
const listEnding = '.list';
const checksumsEnding = '.md5sums';
const diversionsFile = 'var/lib/dpkg/diversions';

/** Files that lie beside the entries of `status.d` and describe the same package. */
const companion =
  /\.(?:md5sums|list|conffiles|preinst|postinst|prerm|postrm|triggers|shlibs|symbols|templates|config)$/;

const coreFields = ['Package', 'Status', 'Version', 'Architecture', 'Source'];
/** Fields that add detail: what is wrong with them is no problem of the package. */
const detailFields = ['Maintainer', 'Pre-Depends', 'Depends', 'Provides'];
const fieldsRead = [...coreFields, ...detailFields];

/** Of a longer field the end is missing. */
const fieldCharactersRead = 4000;

/**
 * The third word of `Status`, dpkg(1) "Package states", and what it says about the files of the package. What is configured
 * or waits for a trigger has been installed whole. Between unpacking and configuring nobody can say which version is in use.
 */
const states: Readonly<Record<string, 'installed' | 'gone' | 'unclear'>> = {
  installed: 'installed',
  'triggers-pending': 'installed',
  'triggers-awaited': 'installed',
  'half-configured': 'installed',
  unpacked: 'unclear',
  'half-installed': 'unclear',
  'config-files': 'gone',
  'not-installed': 'gone',
};

/**
 * Lists Debian packages: the database of dpkg, and the one-file-a-package directory of distroless images. What a package owns
 * is read also where the layer does not say that the package is installed: a layer below may.
 */
export const dpkg: PackageLister = {
  name: 'dpkg',
  version: 3,
  wants: [statusFile, `${statusDirectory}*`, `${infoDirectory}*${listEnding}`, diversionsFile],
  licenseFiles: debianCopyright,
  *list(files: Files) {
    const ownership = new Ownership();
    for (const [path, content] of files) {
      const owner = ownerOf(path, files);
      if (path === diversionsFile) yield* listDiversions(content);
      else if (owner !== undefined) {
        const owned = ownedIn(content, path.endsWith(listEnding) ? listPrefix : checksumPrefix, ownership);
        if (owned.length > 0) yield { path, owner, files: owned };
      } else if (path === statusFile || (path.startsWith(statusDirectory) && !companion.test(path))) {
        yield* distinct(path, listFile(path, content));
      }
    }
    yield* ownership.problems(statusFile);
  },
};

/** The package whose files a file lists, undefined when it is no such list or names no possible package: `info/libc6:amd64.list`, `status.d/libc6.md5sums`. */
function ownerOf(path: string, files: Files): string | undefined {
  if (path.startsWith(infoDirectory)) {
    const [name = ''] = path.slice(infoDirectory.length, -listEnding.length).split(':');
    return isWord(name) ? name : undefined;
  }
  if (!path.startsWith(statusDirectory) || !path.endsWith(checksumsEnding)) return undefined;
  // File names of some distroless images are cut short or encoded; the entry beside tells the name.
  const entry = path.slice(0, -checksumsEnding.length);
  const [stanza] = stanzas(files.get(entry) ?? new Uint8Array(), ['Package']);
  const name = stanza?.values[0] || entry.slice(statusDirectory.length);
  return isWord(name) ? name : undefined;
}

const slash = 0x2f;

/** What stands before the path in a line: `/usr/bin/env`, and `d41d8cd98f00b204e9800998ecf8427e  usr/bin/env`. */
const listPrefix = '/'.length;
const checksumPrefix = 34;

function ownedIn(content: Uint8Array, prefix: number, ownership: Ownership): string[] {
  const owned: string[] = [];
  const lines = new Lines(content);
  let place = placeOfFiles('');
  let candidate = '';
  while (!ownership.isFull && lines.next()) {
    const { text, bytes, end } = lines;
    const start = lines.start + prefix;
    // A directory is followed by what lies in it.
    const isDirectory =
      text.startsWith(candidate, start) && text.charCodeAt(start + candidate.length) === slash;
    if (candidate !== '' && !isDirectory) ownership.add(owned, candidate);
    place = placeAt(text, { start, end }, place);
    const nameStart = start + place.directory.length + (place.directory === '' ? 0 : 1);
    candidate = isOwnableName(place, text, nameStart, end) ? bytes.toString('utf8', start, end) : '';
  }
  if (candidate !== '') ownership.add(owned, candidate);
  return owned;
}

/** The directory of a path. Most paths lie where the one before them does. */
function placeAt(
  text: string,
  { start, end }: { start: number; end: number },
  before: PlaceOfFiles,
): PlaceOfFiles {
  const length = Math.max(text.lastIndexOf('/', end - 1) - start, 0);
  const { directory } = before;
  return directory.length === length && text.startsWith(directory, start)
    ? before
    : placeOfFiles(text.slice(start, start + length));
}

/** Three lines for each: the path, where the file of others lies instead, and the package whose own file lies at the path. */
function* listDiversions(content: Uint8Array): Generator<Listed> {
  const lines = new Lines(content);
  const values: string[] = [];
  let count = 0;
  while (lines.next()) {
    values.push(
      lines.bytes.toString('utf8', lines.start, Math.min(lines.end, lines.start + limits.pathBytes)),
    );
    if (values.length < 3) continue;
    const [from = '', to = '', by = ''] = values.splice(0);
    if (++count > limits.diversions) {
      yield {
        path: diversionsFile,
        problem: `names more than ${limits.diversions} diversions; the rest was not read`,
      };
      return;
    }
    yield { path: diversionsFile, diversion: { from: cleanPath(from), to: cleanPath(to), by } };
  }
}

function* listFile(path: string, content: Uint8Array): Generator<Listed> {
  // dpkg itself refuses a status file without a final line feed; control files in status.d may end so.
  const damage = lostBytes(content) ?? (path === statusFile ? lostEnd(content) : undefined);
  if (damage !== undefined) yield { path, problem: damage };
  const budget = new DependencyBudget();
  let entries = 0;
  for (const stanza of stanzas(content, fieldsRead)) {
    entries++;
    const entry = readStanza(stanza);
    if (typeof entry === 'string') yield { path, problem: entry };
    else if (entry !== undefined) yield { path, package: { ...entry, ...detailsOf(stanza, budget) } };
    for (const field of stanza.repeated)
      if (coreFields.includes(field)) yield { path, problem: repeats(stanza, field) };
  }
  if (entries === 0 && content.length > 0)
    yield { path, problem: 'holds no package entry; it may be no dpkg database' };
}

/** The package of a stanza, undefined when it is not installed, or the problem with it. */
function readStanza({ number, values }: Stanza): ListedPackage | string | undefined {
  const [name, status, version, arch, sourceField] = values;
  if (!name) return `entry ${number} has no Package field`;
  const state = stateOf(status);
  if (state === 'gone') return undefined;
  if (!isWord(name)) return `entry ${number} has an impossible package name ${quoted(name)}`;
  if (!version) return `package ${name} has no Version field`;
  if (!isWord(version)) return `package ${name} has an impossible version ${quoted(version)}`;
  if (state !== 'installed')
    return `package ${name} ${version} is not listed: its status is ${quoted(status ?? '')}`;
  const source = sourceOf(sourceField, name, version);
  if (source === undefined) return `package ${name} has an unreadable Source field`;
  return { type: 'deb', name, version, source, ...archOf(arch) };
}

/** Supplier and dependencies of a package, deb-control(5). */
function detailsOf({ values }: Stanza, budget: DependencyBudget): Partial<ListedPackage> {
  const [maintainer = '', before = '', depends = '', provides = ''] = values.slice(coreFields.length);
  const supplier = keptLine(maintainer);
  const required = [...relationsIn(before), ...relationsIn(depends)];
  return {
    ...(supplier !== '' && { supplier }),
    ...dependencyFields(budget, { requires: required, provides: relationsIn(provides) }),
  };
}

/** The names in a field of relations: `libc6 (>= 2.14), default-mta | mail-transport-agent, python3:any`. */
function relationsIn(field: string): string[] {
  const relations = field.split(',').map((relation) => relation.split('|').map(packageNameIn).join('|'));
  // A field may have been cut: its last name is then not whole.
  return field.length < fieldCharactersRead ? relations : relations.slice(0, -1);
}

function packageNameIn(relation: string): string {
  return /[^\s(:[]+/.exec(relation)?.[0] ?? '';
}

/** Entries of `status.d` have no Status: they are there because the package is. */
function stateOf(status: string | undefined): 'installed' | 'gone' | 'unclear' {
  if (status === undefined || status === 'install ok installed') return 'installed';
  return states[status.split(/\s+/)[2] ?? ''] ?? 'unclear';
}

/** `Source: name` or `name (version)`; a package without the field is built from the source of its own name. */
function sourceOf(field: string | undefined, name: string, version: string): SourcePackage | undefined {
  if (!field) return { name, version };
  const open = field.indexOf('(');
  if (open === -1) return isWord(field) ? { name: field, version } : undefined;
  const close = field.indexOf(')', open);
  const source = { name: field.slice(0, open).trimEnd(), version: field.slice(open + 1, close).trim() };
  return close > open && isWord(source.name) && isWord(source.version) ? source : undefined;
}

function repeats({ number }: Stanza, field: string): string {
  return `entry ${number} has the field ${field} more than once; the first stands`;
}
