import { limits } from '../../core/limits.ts';
import { quoteUntrusted, stripControls } from '../../kit/untrusted-text.ts';
import { placeOfFiles } from '../../model/evidence/program-names.ts';
import type { ListedPackage } from '../../model/package.ts';
import { licenseOf } from '../../model/spdx-license.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { Lines } from '../text-lines.ts';
import { DependencyBudget, dependencyFields } from './dependency-names.ts';
import { archOf, deduplicated, isWord } from './listing.ts';
import { isOwnableName, Ownership } from './ownable.ts';
import { nulByteProblem, truncationProblem } from './text-damage.ts';

const localDatabase = 'var/lib/pacman/local/';
const descriptionFile = '/desc';
const listFile = '/files';

/** The sections whose values are read (alpm-db-desc(5)). */
const sections = ['NAME', 'VERSION', 'BASE', 'ARCH', 'PACKAGER'] as const;
type Section = (typeof sections)[number];
/** The sections with a list of values, one per line. */
const listSections = ['LICENSE', 'DEPENDS', 'PROVIDES'] as const;
type ListSection = (typeof listSections)[number];

const carriageReturn = 0x0d;
const percent = 0x25;
const slash = 0x2f;
/** Longer values are cut. Real ones are never that long, and a cut value is still invalid. */
const valueBytesMax = 4096;

interface Description {
  readonly values: Partial<Record<Section, string>>;
  readonly lists: Partial<Record<ListSection, readonly string[]>>;
  /** Sections that occur more than once. */
  readonly repeated: ReadonlySet<Section>;
}

/** Name and version of a package in the name of its directory. */
interface Identity {
  readonly name: string;
  readonly version: string;
}

/**
 * Lists Arch Linux packages. pacman identifies each by the name of its directory. If the description differs or cannot
 * be read, pacman complains and still considers the package installed. The list of files beside it names those that the package owns.
 */
export const pacmanLister: PackageLister = {
  name: 'pacman',
  version: 3,
  wants: [`${localDatabase}*${descriptionFile}`, `${localDatabase}*${listFile}`],
  *list(files: Files) {
    const ownership = new Ownership();
    for (const [path, content] of files) {
      if (!path.startsWith(localDatabase)) continue;
      if (path.endsWith(descriptionFile)) yield* deduplicated(path, listPackage(path, content));
      else if (path.endsWith(listFile)) yield* listOwned(path, content, ownership);
    }
  },
};

function* listPackage(path: string, content: Uint8Array): Generator<ListerEvent> {
  const directory = path.slice(localDatabase.length, -descriptionFile.length);
  const identity = identityOf(directory);
  if (identity === undefined) {
    yield {
      kind: 'problem',
      path,
      problem: `is in a directory that is not named after a package and version: ${quoteUntrusted(directory)}`,
    };
    return;
  }
  const description = readDescription(content);
  for (const problem of problemsOf(content, description, identity)) yield { kind: 'problem', path, problem };
  yield { kind: 'package', path, package: packageOf(identity, description) };
}

/** Yields the files of a package. A directory that is not named after a package is reported with its description. */
function* listOwned(path: string, content: Uint8Array, ownership: Ownership): Generator<ListerEvent> {
  const identity = identityOf(path.slice(localDatabase.length, -listFile.length));
  const files = identity === undefined ? [] : ownedIn(content, ownership);
  if (identity !== undefined && files.length > 0)
    yield { kind: 'owned-files', path, owner: identity.name, files };
  if (ownership.isFull) yield* ownership.problems(path);
}

/** Returns the files in the section `%FILES%`, one a line. Directories end with a slash. */
function ownedIn(content: Uint8Array, ownership: Ownership): string[] {
  const owned: string[] = [];
  const lines = new Lines(content);
  let isOfFiles = false;
  let place = placeOfFiles('');
  while (!ownership.isFull && lines.next()) {
    const { text, bytes, start, end } = lines;
    if (text.charCodeAt(start) === percent) isOfFiles = text.slice(start, end).trimEnd() === '%FILES%';
    else if (isOfFiles && start < end && text.charCodeAt(end - 1) !== slash) {
      const nameStart = Math.max(text.lastIndexOf('/', end - 1) + 1, start);
      const directory = text.slice(start, Math.max(nameStart - 1, start));
      if (directory !== place.directory) place = placeOfFiles(directory);
      if (isOwnableName(place, text, nameStart, end))
        ownership.add(owned, bytes.toString('utf8', start, end));
    }
  }
  return owned;
}

/** Parses `bash-5.2.037-1`: version and release contain no hyphen, a name may. */
function identityOf(directory: string): Identity | undefined {
  const [, name = '', version = ''] = /^(.+)-([^-]*-[^-]*)$/.exec(directory) ?? [];
  return isWord(name) && isWord(version) ? { name, version } : undefined;
}

/**
 * Parses a description: lines with a section name, its values and an empty line. As in libalpm, the line after a name
 * is a value, whatever it contains.
 */
function readDescription(content: Uint8Array): Description {
  const values: Partial<Record<Section, string>> = {};
  const lists: Partial<Record<ListSection, readonly string[]>> = {};
  const repeated = new Set<Section>();
  const lines = new Lines(content);
  while (lines.next()) {
    const name = sectionAt(lines);
    if (name === undefined || !lines.next()) continue;
    const list = listSections.find((known) => known === name);
    if (list !== undefined) lists[list] ??= valuesFrom(lines);
    const section = sections.find((known) => known === name);
    if (section === undefined) continue;
    if (values[section] === undefined) values[section] = valueAt(lines);
    else if (section !== 'PACKAGER') repeated.add(section);
  }
  return { values, lists, repeated };
}

/** Returns the values from the current line to the next empty one. */
function valuesFrom(lines: Lines): string[] {
  const values: string[] = [];
  do {
    const value = valueAt(lines);
    if (value === '') break;
    values.push(value);
  } while (lines.next());
  return values;
}

function sectionAt({ text, start, end }: Lines): string | undefined {
  if (text.charCodeAt(start) !== percent) return undefined;
  return /^%([A-Z0-9]+)%\r?$/.exec(text.slice(start, Math.min(end, start + valueBytesMax)))?.[1];
}

function valueAt({ text, bytes, start, end }: Lines): string {
  const stop = text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end;
  return bytes.toString('utf8', start, Math.min(stop, start + valueBytesMax));
}

function* problemsOf(
  content: Uint8Array,
  { values, repeated }: Description,
  { name, version }: Identity,
): Generator<string> {
  for (const damage of [nulByteProblem(content), truncationProblem(content)])
    if (damage !== undefined) yield damage;
  yield* mismatchProblem('NAME', values.NAME, name);
  yield* mismatchProblem('VERSION', values.VERSION, version);
  for (const section of ['BASE', 'ARCH'] as const) {
    const value = values[section];
    if (value !== undefined && !isWord(value))
      yield `has an impossible %${section}% ${quoteUntrusted(value)}`;
  }
  for (const section of repeated) yield `has %${section}% more than once; the first one counts`;
}

function* mismatchProblem(section: Section, value: string | undefined, expected: string): Generator<string> {
  if (!value) yield `has no %${section}%; uses ${expected} from the name of its directory`;
  else if (value !== expected)
    yield `has the %${section}% ${quoteUntrusted(value)}; uses ${expected} from the name of its directory`;
}

/** Returns a package. All packages of one base share its version. Old databases have no base. */
function packageOf({ name, version }: Identity, { values, lists }: Description): ListedPackage {
  const { BASE: base = name, ARCH: arch } = values;
  return {
    type: 'alpm',
    name,
    version,
    ...archOf(arch),
    ...(isWord(base) && { source: { name: base, version } }),
    ...detailsOf(values, lists),
  };
}

/** Returns supplier, licences and dependencies of a package. */
function detailsOf(
  { PACKAGER: packager = '' }: Description['values'],
  { LICENSE: licenses = [], DEPENDS: depends = [], PROVIDES: provides = [] }: Description['lists'],
): Partial<ListedPackage> {
  const supplier = stripControls(packager);
  const declared = licenses.slice(0, limits.licensesPerPackage).flatMap((text) => licenseOf(text) ?? []);
  return {
    ...(supplier !== '' && { supplier }),
    ...(declared.length > 0 && { licenses: [...new Set(declared)] }),
    ...dependencyFields(new DependencyBudget(), {
      requires: depends.map(nameIn),
      provides: provides.map(nameIn),
    }),
  };
}

/** Returns the name in a dependency: `glibc>=2.38`, `libcrypto.so=3-64`. */
function nameIn(dependency: string): string {
  return /^[^<>=]+/.exec(dependency)?.[0] ?? '';
}
