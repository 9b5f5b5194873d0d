import { quoteUntrusted, stripControls } from '../../kit/untrusted-text.ts';
import { type PlaceOfFiles, placeOfFiles } from '../../model/evidence/program-names.ts';
import type { ListedPackage } from '../../model/package.ts';
import { licenseOf } from '../../model/spdx-license.ts';
import { type Files, patternSet } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { Lines } from '../text-lines.ts';
import { apkDocuments, listApkDocument } from './apk-sbom.ts';
import { DependencyBudget, dependencyFields } from './dependency-names.ts';
import { archOf, deduplicated, type EntryProblem, isWord } from './listing.ts';
import { isOwnableName, Ownership } from './ownable.ts';
import { nulByteProblem, truncationProblem } from './text-damage.ts';

const carriageReturn = 0x0d;
const colon = 0x3a;

/** The letters whose values are read (apk-installed(5)). */
const letters = {
  P: 'name',
  V: 'version',
  A: 'arch',
  o: 'origin',
  m: 'maintainer',
  L: 'license',
  D: 'depends',
  p: 'provides',
} as const;
/** Lines with a directory of the package, without leading slash, and with a file in the last directory. */
const directoryLetter = 'F'.charCodeAt(0);
const fileLetter = 'R'.charCodeAt(0);
const fieldOf: readonly ((typeof letters)[keyof typeof letters] | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => letters[String.fromCharCode(code) as keyof typeof letters],
);
const isRead = Uint8Array.from(fieldOf, (field, code) =>
  field !== undefined || code === directoryLetter || code === fileLetter ? 1 : 0,
);
/** Longer values are cut. Real ones are never that long, and a cut value is still invalid. */
const valueBytesMax = 4096;
/** The limit for lists of names: busybox provides a name for each of its programs. */
const listBytesMax = 256 * 1024;

interface Entry {
  name?: string;
  version?: string;
  arch?: string;
  origin?: string;
  maintainer?: string;
  license?: string;
  depends?: string;
  provides?: string;
  /** Identity fields that occur more than once. */
  readonly repeated: Set<string>;
  readonly files: string[];
}

const databases = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'] as const;
const documents = patternSet(apkDocuments);

/**
 * Lists packages of Alpine's format, and with the documents of melange and apko those that the database does not name. Omits virtual
 * packages (`.build-deps`): they only have a list of dependencies, no files and no code, and their versions are dates.
 */
export const apkLister: PackageLister = {
  name: 'apk',
  version: 6,
  wants: [...databases, ...apkDocuments],
  *list(files: Files) {
    const ownership = new Ownership();
    for (const path of databases) {
      const content = files.get(path);
      if (content === undefined) continue;
      yield* deduplicated(path, listFile(path, content, ownership));
      yield* ownership.problems(path);
    }
    for (const [path, content] of files)
      if (isDocument(path)) yield* deduplicated(path, listApkDocument(path, content));
  },
};

function isDocument(path: string): boolean {
  return documents.find(path) !== undefined;
}

function* listFile(path: string, content: Uint8Array, ownership: Ownership): Generator<ListerEvent> {
  const damage = nulByteProblem(content) ?? truncationProblem(content);
  if (damage !== undefined) yield { kind: 'problem', path, problem: damage };
  const budget = new DependencyBudget();
  let entries = 0;
  const reader = new EntryReader(content, ownership);
  for (const entry of reader.entries()) yield* listEntry(path, entry, { number: ++entries, budget });
  if (entries === 0 && content.length > 0)
    yield { kind: 'problem', path, problem: 'holds no package entry; it may not be an apk database' };
  if (reader.strayLines > 0)
    yield {
      kind: 'problem',
      path,
      problem: `has ${reader.strayLines} lines without a colon as the second character; apk refuses such a database`,
    };
}

function* listEntry(
  path: string,
  entry: Entry,
  { number, budget }: { readonly number: number; readonly budget: DependencyBudget },
): Generator<ListerEvent> {
  for (const field of entry.repeated)
    yield {
      kind: 'problem',
      path,
      problem: `entry ${number} has the field ${field} more than once; the last one counts`,
    };
  const item = readEntry(entry, number);
  if (item === undefined) return;
  if ('problem' in item) yield { kind: 'problem', path, ...item };
  else {
    yield { kind: 'package', path, package: { ...item, ...detailsOf(entry, budget) } };
    if (entry.files.length > 0) yield { kind: 'owned-files', path, owner: item.name, files: entry.files };
  }
}

/** A value, and the text that contains it. */
interface Span extends Pick<Lines, 'text' | 'bytes'> {
  readonly start: number;
  readonly stop: number;
}

/**
 * Reads entries as apk-tools does: any line of fewer than two bytes ends one, and the last of repeated fields counts.
 * Checks a directory only once, when its first file is read.
 */
class EntryReader {
  readonly #lines: Lines;
  readonly #ownership: Ownership;
  /** The directory of the next file lines. */
  #directory: Span;
  #place: PlaceOfFiles | undefined;
  #prefix: string | undefined = '';
  /** Number of lines so far whose second byte is not a colon. */
  strayLines = 0;

  constructor(content: Uint8Array, ownership: Ownership) {
    this.#lines = new Lines(content);
    this.#ownership = ownership;
    this.#directory = this.#span(0, 0);
  }

  *entries(): Generator<Entry> {
    const lines = this.#lines;
    let entry: Entry | undefined;
    while (lines.next()) {
      if (lines.end - lines.start >= 2) entry = this.#takeLine(entry);
      else {
        if (entry !== undefined) yield entry;
        entry = undefined;
      }
    }
    if (entry !== undefined) yield entry;
  }

  /** Returns the entry with the current line added. Ignores lines with other letters. */
  #takeLine(entry: Entry | undefined): Entry | undefined {
    const { text, start, end } = this.#lines;
    if (text.charCodeAt(start + 1) !== colon) {
      this.strayLines++;
      return entry;
    }
    const letter = text.charCodeAt(start);
    if (isRead[letter] !== 1) return entry;
    const current = entry ?? { files: [], repeated: new Set() };
    this.#take(current, letter, start + 2, text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end);
    return current;
  }

  #take(entry: Entry, letter: number, start: number, stop: number): void {
    const field = fieldOf[letter];
    if (field !== undefined) this.#set(entry, field, textOf(this.#span(start, stop), listBytesMax));
    else if (letter === directoryLetter) this.#enter(start, stop);
    else if (this.#isOwnable(start, stop)) this.#ownership.add(entry.files, this.#pathOf(start, stop));
  }

  #set(entry: Entry, field: (typeof letters)[keyof typeof letters], value: string): void {
    if (entry[field] !== undefined && isDecisive(field)) entry.repeated.add(field);
    entry[field] = value;
  }

  #span(start: number, stop: number): Span {
    return { text: this.#lines.text, bytes: this.#lines.bytes, start, stop };
  }

  #enter(start: number, stop: number): void {
    this.#directory = this.#span(start, stop);
    this.#place = this.#prefix = undefined;
  }

  #isOwnable(start: number, stop: number): boolean {
    const directory = this.#directory;
    this.#place ??= placeOfFiles(directory.text.slice(directory.start, directory.stop));
    return isOwnableName(this.#place, this.#lines.text, start, stop);
  }

  #pathOf(start: number, stop: number): string {
    const directory = this.#directory;
    this.#prefix ??= `${textOf(directory)}/`;
    return this.#prefix + textOf(this.#span(start, stop));
  }
}

function textOf({ bytes, start, stop }: Span, bytesMax = valueBytesMax): string {
  return bytes.toString('utf8', start, Math.min(stop, start + bytesMax));
}

/** Returns whether a field identifies the package. */
function isDecisive(field: string): boolean {
  return field === 'name' || field === 'version' || field === 'arch' || field === 'origin';
}

/** Returns the package of an entry, undefined if it is virtual, or the problem with it. */
function readEntry(
  { name, version, arch, origin }: Entry,
  number: number,
): ListedPackage | EntryProblem | undefined {
  if (!name) return { problem: `entry ${number} has no name` };
  if (name.startsWith('.')) return undefined;
  if (!isWord(name))
    return { problem: `entry ${number} has an impossible package name ${quoteUntrusted(name)}` };
  if (!version) return { problem: `package ${name} has no version`, lacks: 'version' };
  if (!isWord(version))
    return { problem: `package ${name} has an impossible version ${quoteUntrusted(version)}` };
  // All packages of one origin share its version. Old databases, and packages made by hand, have no origin.
  const source = { name: origin || name, version };
  if (!isWord(source.name))
    return { problem: `package ${name} has an impossible origin ${quoteUntrusted(source.name)}` };
  return { type: 'apk', name, version, source, ...archOf(arch) };
}

/** Returns supplier, licences and dependencies of a package. */
function detailsOf(
  { maintainer = '', license = '', depends = '', provides = '' }: Entry,
  budget: DependencyBudget,
): Partial<ListedPackage> {
  const supplier = stripControls(maintainer);
  const declared = licenseOf(license);
  return {
    ...(supplier !== '' && { supplier }),
    ...(declared !== undefined && { licenses: [declared] }),
    ...dependencyFields(budget, { requires: namesIn(depends), provides: namesIn(provides) }),
  };
}

/** Returns the names in a dependency list, `so:libc.musl-x86_64.so.1 foo>=1.2 !bar /bin/sh`. `!` excludes a package. */
function namesIn(list: string): string[] {
  return list.split(' ').flatMap((item) => /^(?!!)[^<>=~@]+/.exec(item)?.[0] ?? []);
}
