import { hasAt, nameBytes, startOfName } from '../../kit/tar/header.ts';
import { encodeName } from '../../kit/tar/name.ts';
import { baseOf, isOverlong, parentOf, symbolicLinkPath } from '../../kit/tar/path.ts';
import { NameTable } from '../../model/evidence/name-table.ts';
import {
  groupPatterns,
  isNested,
  type PathPattern,
  type PatternMap,
  parsePattern,
  patternSet,
} from '../../plugin/layer-files.ts';
import type { LicenseFiles } from '../../plugin/package-lister.ts';
import { documentNames } from '../image.ts';
import { addToHash, hashOfPath, type RecordedNames } from './name-hashes.ts';

/** Relation of a path to the wanted ones: a wanted file, a directory above one, or neither. */
export type Interest = 'wanted' | 'above' | undefined;

/** Directories that are links to others in many distributions. Package databases name files by either path, so both must be known. */
const commonDirectoryLinks = [
  'bin',
  'sbin',
  'lib',
  'lib32',
  'lib64',
  'libx32',
  'usr/sbin',
  'usr/lib64',
  'usr/local/lib64',
];

/** The library directory, and links to it in distributions. */
const libraries = { path: 'usr/lib', links: ['lib', 'lib64', 'usr/lib64'] } as const;

/** Paths to observe in addition to the wanted ones. */
export interface WatchedPaths {
  readonly licenseFiles?: readonly LicenseFiles[];
  /** Members at or below these paths get remarks; only members below, if a path ends with a slash. */
  readonly watched?: readonly string[];
}

/** Bits of the table of hashes: the roles that a path with such a hash may have. */
const role = { wanted: 1, file: 2, directory: 4, parent: 8, licenses: 16 } as const;
const roleTableMask = 0x3fff;

/** The wanted paths of all extensions, prepared for fast checks of every member of a layer. */
export class WantedPaths {
  readonly #exact: ReadonlyMap<string, 'wanted' | 'above'>;
  /** By directory, the suffixes of wanted children. An empty suffix matches every name. */
  readonly #directories: ReadonlyMap<string, readonly string[]>;
  /** By directory, the wanted files in each of its children, with a leading slash. */
  readonly #nested: ReadonlyMap<string, readonly string[]>;
  /** By the low bits of a hash, the roles of the paths that have them. This table rejects nearly all members. */
  readonly #roles = new Uint8Array(roleTableMask + 1);
  readonly #hashes: ReadonlySet<number>;
  /** Hashes of wanted paths that are not patterns. */
  readonly #fileHashes: ReadonlySet<number>;
  /** By hash of a directory, the endings of its wanted children. */
  readonly #endingsByHash: ReadonlyMap<number, readonly Buffer[]>;
  readonly #nestedHashes: ReadonlySet<number>;
  /** Hashes of the last names of wanted paths and of the directories above them. */
  readonly #nameHashes: ReadonlySet<number>;
  readonly #watched: readonly string[];
  readonly #atAnyDepth: PatternMap<PathPattern>;
  /** The last names of patterns at any depth. Absent if there are none. */
  readonly #namesAtAnyDepth: NameTable | undefined;
  /** Names of directories with wanted files in them or in their children. */
  readonly #parentNames: readonly Buffer[];
  /** Licence files, which are not wanted paths, since `LicenseCollector` reads them. */
  readonly licenseFiles: readonly LicenseFiles[];
  readonly #licenseHashes: ReadonlyMap<number, Buffer>;
  /** Hashes of the directory of the last name, and of the one above. */
  #parentHash = 0;
  #grandparentHash = 0;

  constructor(patterns: Iterable<PathPattern>, { licenseFiles = [], watched = [] }: WatchedPaths = {}) {
    const exact = new Map<string, 'wanted' | 'above'>();
    const directories = new Map<string, string[]>();
    const nested = new Map<string, string[]>();
    const { fixed, atAnyDepth } = groupPatterns(patterns);
    for (const pattern of fixed) {
      const { path, ending } = parsePattern(pattern);
      if (ending === undefined) exact.set(path, 'wanted');
      else {
        const below = isNested(ending) ? nested : directories;
        below.set(path, [...(below.get(path) ?? []), ending]);
        if (!exact.has(path)) exact.set(path, 'above');
      }
      addAbove(exact, path);
    }
    addStructuralPaths(exact);
    this.#exact = exact;
    this.#directories = directories;
    this.#nested = nested;
    this.#hashes = this.#enter(role.wanted, exact.keys());
    this.#fileHashes = this.#enter(
      role.file,
      [...exact].flatMap(([path, interest]) => (interest === 'wanted' ? [path] : [])),
    );
    this.#nestedHashes = this.#enter(role.parent, nested.keys());
    this.#enter(role.directory, [...directories.keys(), ...nested.keys()]);
    this.#endingsByHash = endingsByHash(directories, nested.keys());
    this.#nameHashes = new Set(
      [...exact.keys(), ...directories.keys()].map((path) => hashOfPath(baseOf(path))),
    );
    this.#parentNames = [...nested.keys(), ...directories.keys()].map((path) =>
      Buffer.from(`${baseOf(path)}/`),
    );
    this.#watched = watched;
    this.#atAnyDepth = patternSet(atAnyDepth);
    this.#namesAtAnyDepth = atAnyDepth.length === 0 ? undefined : lastNames(atAnyDepth);
    this.licenseFiles = licenseFiles;
    this.#licenseHashes = new Map(
      licenseFiles.map(({ directory, file }) => [hashOfPath(directory), Buffer.from(`/${file}`)]),
    );
    this.#enter(
      role.licenses,
      licenseFiles.map(({ directory }) => directory),
    );
  }

  /** Enters paths into the table. Returns their hashes. */
  #enter(bit: number, paths: Iterable<string>): Set<number> {
    const hashes = new Set(Array.from(paths, hashOfPath));
    for (const hash of hashes) this.#roles[hash & roleTableMask] = this.#rolesOf(hash) | bit;
    return hashes;
  }

  #rolesOf(hash: number): number {
    return this.#roles[hash & roleTableMask] ?? 0;
  }

  /**
   * Returns the children of a directory that may be wanted. Undefined means any child, and an empty list means that nothing below is
   * wanted.
   */
  childrenOf(directory: string): readonly string[] | undefined {
    if (this.#directories.has(directory) || this.#nested.has(directory)) return undefined;
    if (this.licenseFiles.some((kind) => kind.directory === directory)) return undefined;
    const exact = [...this.#exact.keys()].filter((path) => parentOf(path) === directory);
    const nested = (this.#nested.get(parentOf(directory)) ?? []).map((name) => directory + name);
    return [...new Set([...exact, ...nested, ...this.#licensePlacesIn(directory)])].sort();
  }

  /** Returns the licence files of a directory, and the directories that lead to others. */
  #licensePlacesIn(directory: string): string[] {
    return this.licenseFiles.flatMap((kind) => {
      if (kind.directory === parentOf(directory)) return [`${directory}/${kind.file}`];
      const prefix = directory === '' ? '' : `${directory}/`;
      if (!kind.directory.startsWith(prefix)) return [];
      const [next = ''] = kind.directory.slice(prefix.length).split('/', 1);
      return [prefix + next];
    });
  }

  at(path: string): Interest {
    const interest = this.#exact.get(path);
    if (interest === 'wanted') return interest;
    const directory = parentOf(path);
    const fits = (ending: string): boolean => path.endsWith(ending);
    if (this.#directories.get(directory)?.some(fits)) return 'wanted';
    if (this.#nested.get(parentOf(directory))?.some(fits)) return 'wanted';
    return this.#nested.has(directory) ? 'above' : interest;
  }

  /** Whether a path is of a file that states the licences of a package. */
  isLicenseFile(path: string): boolean {
    return this.licenseFiles.some(
      ({ directory, file }) => baseOf(path) === file && parentOf(parentOf(path)) === directory,
    );
  }

  /** Whether a pattern at any depth selects a path. */
  isAtAnyDepth(path: string): boolean {
    return this.#namesAtAnyDepth !== undefined && this.#atAnyDepth.find(path) !== undefined;
  }

  /** The same check on the bytes of a path, from `start` to before `end`. The last name rejects nearly all of them. */
  isNameAtAnyDepth(bytes: Buffer, start: number, end: number): boolean {
    return (
      this.#namesAtAnyDepth?.mayHave(bytes, start, end) === true &&
      this.#atAnyDepth.find(bytes.toString('utf8', start, end)) !== undefined
    );
  }

  /**
   * Whether a symbolic link may lead to a wanted path or to a directory above one, so that files below the link appear there. The
   * destination of a target that goes upwards cannot be determined from its text alone.
   */
  mayLead({ path, target }: { readonly path: string; readonly target: string }): boolean {
    if (isOverlong(target)) return false;
    const real = symbolicLinkPath(path, target);
    return real === '' || this.at(real) !== undefined || goesUpAgain(target);
  }

  /** The same check on the bytes of a target: false is certain, true is not. */
  mayLeadByName(bytes: Buffer, offset: number, length: number): boolean {
    let end = offset;
    while (end < offset + length && bytes[end] !== 0) end++;
    let start = end;
    while (start > offset && bytes[start - 1] !== slash) start--;
    if (start === end || bytes[start] === dot || end === offset + length) return true;
    let hash = 0;
    for (let i = start; i < end; i++) hash = addToHash(hash, bytes[i] ?? 0);
    if (this.#nameHashes.has(hash)) return true;
    const target = bytes.subarray(offset, start);
    return this.#parentNames.some((name) => target.includes(name));
  }

  /**
   * Returns the end of a name of at most 100 bytes at `offset` that is certainly not of interest and not in `recorded`, or -1. Rejects most
   * members of a layer without creating a string. Accepts unusual names, which the exact check then decides.
   */
  endOfUnwanted(bytes: Buffer, offset: number, recorded: RecordedNames): number {
    let hash = 0;
    let isStart = true;
    this.#parentHash = 0;
    this.#grandparentHash = 0;
    for (let i = startOfName(bytes, offset); i < offset + nameBytes; i++) {
      const byte = bytes[i] ?? 0;
      if (isStart && isOddStart(byte)) return -1;
      isStart = byte === slash;
      if (byte === 0 || (isStart && bytes[i + 1] === 0))
        return this.#isOfInterest(hash, bytes, i, recorded) ? -1 : i;
      if (isStart && this.#isBelowFile(hash)) return -1;
      hash = addToHash(hash, byte);
    }
    return -1;
  }

  /** Remembers a directory of the name. Whether a wanted file has its path. */
  #isBelowFile(directory: number): boolean {
    this.#grandparentHash = this.#parentHash;
    this.#parentHash = directory;
    return (this.#rolesOf(directory) & role.file) !== 0 && this.#fileHashes.has(directory);
  }

  /** Whether any path is observed. */
  get isWatching(): boolean {
    return this.#watched.length > 0;
  }

  /** Whether runtimes may differ in where a path leads. */
  isWatched(path: string): boolean {
    return this.#watched.some(
      (place) => path === place || path.startsWith(place.endsWith('/') ? place : `${place}/`),
    );
  }

  /** Whether a name that ends at `end` may be wanted, above a wanted one, recorded, or of a licence file. */
  #isOfInterest(hash: number, bytes: Buffer, end: number, recorded: RecordedNames): boolean {
    if (recorded.mayHave(hash) || this.#isWantedHash(hash, bytes, end)) return true;
    const roles = this.#rolesOf(this.#parentHash) | this.#rolesOf(this.#grandparentHash);
    return (roles & role.licenses) !== 0 && bytes[end] === 0 && this.#isOfLicense(bytes, end);
  }

  #isWantedHash(hash: number, bytes: Buffer, end: number): boolean {
    return (
      ((this.#rolesOf(hash) & role.wanted) !== 0 && this.#hashes.has(hash)) ||
      ((this.#rolesOf(this.#parentHash) & role.directory) !== 0 && this.#isWantedChild(bytes, end)) ||
      ((this.#rolesOf(this.#grandparentHash) & role.parent) !== 0 &&
        this.#nestedHashes.has(this.#grandparentHash))
    );
  }

  #isWantedChild(bytes: Buffer, end: number): boolean {
    const endings = this.#endingsByHash.get(this.#parentHash) ?? [];
    return endings.some((ending) => hasAt(bytes, end - ending.length, ending));
  }

  /** Whether a member may be a licence file, or its directory or a link in its place. Rejects the many other files beside it. */
  #isOfLicense(bytes: Buffer, end: number): boolean {
    if (this.#licenseHashes.has(this.#parentHash)) return true;
    const file = this.#licenseHashes.get(this.#grandparentHash);
    return file !== undefined && hasAt(bytes, end - file.length, file);
  }
}

/** Returns the table of the last names of patterns at any depth. */
function lastNames(patterns: readonly PathPattern[]): NameTable {
  const last = patterns.map((pattern) => encodeName(baseOf(pattern)).toString('latin1'));
  return new NameTable({
    names: last.filter((name) => !name.startsWith('*')),
    endings: last.flatMap((name) => (name.startsWith('*') ? [name.slice(1)] : [])),
  });
}

/** Returns the endings of wanted children by the hash of their directory. Every child of a directory of `anyChild` may be wanted. */
function endingsByHash(
  directories: ReadonlyMap<string, readonly string[]>,
  anyChild: Iterable<string>,
): ReadonlyMap<number, readonly Buffer[]> {
  const endings = new Map<number, Buffer[]>();
  const add = (directory: string, ending: string): void => {
    const hash = hashOfPath(directory);
    endings.set(hash, [...(endings.get(hash) ?? []), encodeName(ending)]);
  };
  for (const [directory, ofDirectory] of directories)
    for (const ending of ofDirectory) add(directory, ending);
  for (const directory of anyChild) add(directory, '');
  return endings;
}

function goesUpAgain(target: string): boolean {
  let isBelow = false;
  for (const part of target.split('/')) {
    if (part === '..' && isBelow) return true;
    if (part !== '..' && part !== '.' && part !== '') isBelow = true;
  }
  return false;
}

/** Returns the wanted paths and directories as they are named behind links to the library directory. */
function behindLibraryLinks(paths: readonly string[]): string[] {
  const below = paths.filter((path) => path.startsWith(`${libraries.path}/`));
  return libraries.links.flatMap((link) => below.map((path) => link + path.slice(libraries.path.length)));
}

/** Adds paths whose type matters to the image although their content is not read. */
function addStructuralPaths(exact: Map<string, 'wanted' | 'above'>): void {
  for (const name of documentNames) if (!exact.has(name)) exact.set(name, 'above');
  for (const path of commonDirectoryLinks) addAbove(exact, `${path}/`);
  for (const path of behindLibraryLinks([...exact.keys()])) addAbove(exact, `${path}/`);
}

function addAbove(exact: Map<string, 'wanted' | 'above'>, path: string): void {
  for (let above = parentOf(path); above !== ''; above = parentOf(above))
    if (!exact.has(above)) exact.set(above, 'above');
}

const slash = 0x2f;
const dot = 0x2e;

/**
 * Whether a path component needs the exact check. One that begins with a dot may be a marker or go upwards, and an empty one must be
 * removed.
 */
function isOddStart(byte: number): boolean {
  return byte === dot || byte === slash;
}
