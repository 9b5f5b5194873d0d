import { limits } from '../../core/limits.ts';
import { cleanPath } from '../../kit/tar/path.ts';
import { quoteUntrusted, stripControls } from '../../kit/untrusted-text.ts';
import { type PlaceOfFiles, placeOfFiles } from '../../model/evidence/program-names.ts';
import type { ListedPackage, SourcePackage } from '../../model/package.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { type Stanza, stanzas } from '../deb822.ts';
import { Lines } from '../text-lines.ts';
import { debianCopyright } from './debian-copyright.ts';
import { DependencyBudget, dependencyFields } from './dependency-names.ts';
import { archOf, deduplicated, type EntryProblem, isWord } from './listing.ts';
import { isOwnableName, Ownership } from './ownable.ts';
import { nulByteProblem, truncationProblem } from './text-damage.ts';

const statusFile = 'var/lib/dpkg/status';
const statusDirectory = 'var/lib/dpkg/status.d/';
/** Changes that dpkg has not yet written to its status file, which it reads first. */
const journalDirectory = 'var/lib/dpkg/updates/';
const infoDirectory = 'var/lib/dpkg/info/';
const listEnding = '.list';
const checksumsEnding = '.md5sums';
const diversionsFile = 'var/lib/dpkg/diversions';

/** Files beside the entries of `status.d` that describe the same package. */
const companion =
  /\.(?:md5sums|list|conffiles|preinst|postinst|prerm|postrm|triggers|shlibs|symbols|templates|config)$/;

const coreFields = ['Package', 'Status', 'Version', 'Architecture', 'Source'];
/** Fields with details. Errors in them are not problems of the package. */
const detailFields = ['Maintainer', 'Pre-Depends', 'Depends', 'Provides'];
/** Older names, which dpkg still appends to the version. */
const obsoleteFields = ['Revision', 'Package-Revision', 'Package_Revision'];
const fieldsRead = [...coreFields, ...detailFields, ...obsoleteFields];

/**
 * States in which the files of a package are present, wholly or in part; the next pattern has those in which they are
 * not (dpkg(1), "Package states"). Matching is case-insensitive, and dpkg does not need the blanks between the words.
 * The middle word may be one that only older versions and opkg know.
 */
const installedStatus = statusOf(
  'installed|unpacked|half-installed|half-configured|triggers-awaited|triggers-pending',
);
const goneStatus = statusOf('not-installed|config-files');

function statusOf(states: string): RegExp {
  return new RegExp(
    `^(?:unknown|install|hold|deinstall|purge)[ \\t\\v\\f\\r]*(?:\\S+?[ \\t\\v\\f\\r]*)?(?:${states})$`,
    'i',
  );
}

/**
 * Lists Debian packages: the database of dpkg, and the directory of distroless images with one file per package. Reads
 * owned files even if the layer does not list the package as installed, since a lower layer may.
 */
export const dpkgLister: PackageLister = {
  name: 'dpkg',
  version: 5,
  wants: [
    statusFile,
    `${statusDirectory}*`,
    `${journalDirectory}*`,
    `${infoDirectory}*${listEnding}`,
    diversionsFile,
  ],
  licenseFiles: debianCopyright,
  *list(files: Files) {
    const ownership = new Ownership();
    for (const [path, content] of files) {
      const owner = ownerOf(path, files);
      if (path === diversionsFile) yield* listDiversions(content);
      else if (owner !== undefined) {
        const owned = ownedIn(content, path.endsWith(listEnding) ? listPrefix : checksumPrefix, ownership);
        if (owned.length > 0) yield { kind: 'owned-files', path, owner, files: owned };
      } else yield* deduplicated(path, listEntries(path, content));
    }
    yield* ownership.problems(statusFile);
  },
};

function* listEntries(path: string, content: Uint8Array): Generator<ListerEvent> {
  if (isJournal(path, content)) yield* listJournal(path, content);
  else if (path === statusFile || (path.startsWith(statusDirectory) && !companion.test(path)))
    yield* listFile(path, content);
}

/** Returns whether dpkg reads this file after its status file: its name is a number. An empty one changes nothing. */
function isJournal(path: string, content: Uint8Array): boolean {
  return (
    content.length > 0 &&
    path.startsWith(journalDirectory) &&
    /^\d+$/.test(path.slice(journalDirectory.length))
  );
}

/**
 * Lists the packages that a journal file adds to those of the status file, which may be in another layer. Replaced and
 * removed packages stay listed, so a problem states that the list differs from dpkg's.
 */
function* listJournal(path: string, content: Uint8Array): Generator<ListerEvent> {
  yield {
    kind: 'problem',
    path,
    problem:
      'holds changes that dpkg has not written to its status file; packages of both are listed, and some may be replaced or removed. Run "dpkg --configure -a" in the image to finish them',
  };
  yield* listFile(path, content);
}

/**
 * Returns the package of a file list: `info/libc6:amd64.list`, `status.d/libc6.md5sums`. Returns undefined for another
 * file or an invalid name.
 */
function ownerOf(path: string, files: Files): string | undefined {
  if (path.startsWith(infoDirectory)) {
    const [name = ''] = path.slice(infoDirectory.length, -listEnding.length).split(':');
    return isWord(name) ? name : undefined;
  }
  if (!path.startsWith(statusDirectory) || !path.endsWith(checksumsEnding)) return undefined;
  // Some distroless images cut or encode file names; the entry beside has the name.
  const entry = path.slice(0, -checksumsEnding.length);
  const [stanza] = stanzas(files.get(entry) ?? new Uint8Array(), ['Package']);
  const name = stanza?.values[0] || entry.slice(statusDirectory.length);
  return isWord(name) ? name.toLowerCase() : undefined;
}

const slash = 0x2f;
const lineFeed = 0x0a;
const endOfFile = 0x1a;

/**
 * Length of the text before the path in a line: `/usr/bin/env`, and `d41d8cd98f00b204e9800998ecf8427e  usr/bin/env`.
 */
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
    // A directory is followed by its content.
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

/** Returns the directory of a path. It mostly equals that of the previous path. */
function placeAt(
  text: string,
  { start, end }: { start: number; end: number },
  before: PlaceOfFiles,
): PlaceOfFiles {
  const length = Math.max(lastSlash(text, start, end) - start, 0);
  const { directory } = before;
  return directory.length === length && text.startsWith(directory, start)
    ? before
    : placeOfFiles(text.slice(start, start + length));
}

/**
 * Returns the index of the last slash in a range of a text, or -1. `lastIndexOf` would also search the text before the
 * range.
 */
function lastSlash(text: string, start: number, end: number): number {
  for (let place = end - 1; place >= start; place--) if (text.charCodeAt(place) === slash) return place;
  return -1;
}

/**
 * Yields diversions of three lines each: the path, the new path of the files of other packages, and the package whose
 * own file has the path.
 */
function* listDiversions(content: Uint8Array): Generator<ListerEvent> {
  const lines = new Lines(content);
  const values: string[] = [];
  let count = 0;
  while (lines.next()) {
    values.push(lines.beginning(limits.pathBytes));
    if (values.length < 3) continue;
    const [from = '', to = '', by = ''] = values.splice(0);
    if (++count > limits.diversions) {
      yield {
        kind: 'problem',
        path: diversionsFile,
        problem: `names more than ${limits.diversions} diversions; the rest was not read`,
      };
      return;
    }
    yield {
      kind: 'diversion',
      path: diversionsFile,
      diversion: { from: cleanPath(from), to: cleanPath(to), by },
    };
  }
}

function* listFile(path: string, content: Uint8Array): Generator<ListerEvent> {
  // dpkg refuses a status file without a final line feed; control files in status.d may lack it.
  const needsEnd = !path.startsWith(statusDirectory);
  const damage = nulByteProblem(content) ?? (needsEnd ? truncationProblem(content) : undefined);
  if (damage !== undefined) yield { kind: 'problem', path, problem: damage };
  const budget = new DependencyBudget();
  let entries = 0;
  for (const stanza of stanzas(linesFor(content), fieldsRead)) {
    entries++;
    const entry = readStanza(stanza);
    if (entry !== undefined && 'problem' in entry) yield { kind: 'problem', path, ...entry };
    else if (entry !== undefined)
      yield { kind: 'package', path, package: { ...entry, ...detailsOf(stanza, budget) } };
    for (const problem of problemsOf(stanza)) yield { kind: 'problem', path, problem };
  }
  if (entries === 0 && content.length > 0)
    yield { kind: 'problem', path, problem: 'holds no package entry; it may not be a dpkg database' };
}

/** Returns the text as dpkg reads it: the end-of-file character of DOS ends a line. */
function linesFor(content: Uint8Array): Uint8Array {
  return content.includes(endOfFile)
    ? content.map((byte) => (byte === endOfFile ? lineFeed : byte))
    : content;
}

/** Yields problems with a stanza that dpkg reads in another way or refuses. */
function* problemsOf(stanza: Stanza): Generator<string> {
  const entry = `entry ${stanza.number}`;
  for (const field of coreFields) {
    if (stanza.repeated.has(field))
      yield `${entry} has the field ${field} more than once; the first one counts`;
    if (stanza.continued.has(field)) yield `${entry} continues the field ${field} on another line`;
    if (stanza.cut.has(field)) yield `${entry} has a field ${field} that is too long; its end was not read`;
  }
  for (const [index, field] of obsoleteFields.entries())
    if (stanza.values[coreFields.length + detailFields.length + index] !== undefined)
      yield `${entry} has the obsolete field ${field}, which changes the version`;
  if (stanza.endsAtBlanks) yield `${entry} ends at a line of blanks, which dpkg refuses`;
}

/** Returns the package of a stanza, undefined if it is not installed, or the problem with it. */
function readStanza({ number, values }: Stanza): ListedPackage | EntryProblem | undefined {
  const [packageField, status, version, arch, sourceField] = values;
  const name = packageField?.toLowerCase();
  if (!name) return { problem: `entry ${number} has no Package field` };
  const state = stateOf(status);
  if (state === 'gone') return undefined;
  if (!isWord(name))
    return { problem: `entry ${number} has an impossible package name ${quoteUntrusted(name)}` };
  if (!version) return { problem: `package ${name} has no Version field`, lacks: 'version' };
  if (!isWord(version))
    return { problem: `package ${name} has an impossible version ${quoteUntrusted(version)}` };
  if (state !== 'installed')
    return {
      problem: `package ${name} ${version} is not listed: its status is ${quoteUntrusted(status ?? '')}`,
    };
  const source = sourceOf(sourceField, name, version);
  if (source === undefined) return { problem: `package ${name} has an unreadable Source field` };
  return { type: 'deb', name, version, source, ...archOf(arch) };
}

/** Returns supplier and dependencies of a package (deb-control(5)). */
function detailsOf({ values, cut }: Stanza, budget: DependencyBudget): Partial<ListedPackage> {
  const [maintainer = '', before = '', depends = '', provides = ''] = values.slice(coreFields.length);
  const supplier = stripControls(maintainer);
  const required = [
    ...relationsIn(before, cut.has('Pre-Depends')),
    ...relationsIn(depends, cut.has('Depends')),
  ];
  return {
    ...(supplier !== '' && { supplier }),
    ...dependencyFields(budget, { requires: required, provides: relationsIn(provides, cut.has('Provides')) }),
  };
}

/** Returns the names in a relations field: `libc6 (>= 2.14), default-mta | mail-transport-agent, python3:any`. */
function relationsIn(field: string, isCut: boolean): string[] {
  const relations = field.split(',').map((relation) => relation.split('|').map(packageNameIn).join('|'));
  // The last name of a cut field is incomplete.
  return isCut ? relations.slice(0, -1) : relations;
}

function packageNameIn(relation: string): string {
  return /[^\s(:[]+/.exec(relation)?.[0] ?? '';
}

/** Returns the state. Entries of `status.d` have no Status: they exist only for installed packages. */
function stateOf(status: string | undefined): 'installed' | 'gone' | 'unclear' {
  if (status === undefined) return 'installed';
  if (goneStatus.test(status)) return 'gone';
  return installedStatus.test(status) ? 'installed' : 'unclear';
}

/** Parses `Source: name` or `name (version)`. A package without the field has a source of its own name. */
function sourceOf(field: string | undefined, name: string, version: string): SourcePackage | undefined {
  if (!field) return { name, version };
  const open = field.indexOf('(');
  if (open === -1) return isWord(field) ? { name: field, version } : undefined;
  const close = field.indexOf(')', open);
  const source = { name: field.slice(0, open).trimEnd(), version: field.slice(open + 1, close).trim() };
  return close > open && isWord(source.name) && isWord(source.version) ? source : undefined;
}
