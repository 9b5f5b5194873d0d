import { startOfName } from '../../kit/tar/header.ts';
import { encodeName } from '../../kit/tar/name.ts';
import { baseOf, isOverlong, parentOf, symbolicLinkPath } from '../../kit/tar/path.ts';
import { isNested, type PathPattern, parsePattern } from '../../plugin/layer-files.ts';
import type { LicenseFiles } from '../../plugin/package-lister.ts';
import { documentNames } from '../document-names.ts';

/** What a path is to the extensions: a file they want, a directory on the way to one, or nothing. */
export type Interest = 'wanted' | 'above' | undefined;

/**
 * Directories that are links to others in many distributions. Package databases name files by either path, so that it has to be known
 * which is which.
 */
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

/** The directory of libraries, and links of distributions that lead there. */
const libraries = { path: 'usr/lib', links: ['lib', 'lib64', 'usr/lib64'] } as const;

/** What is looked at besides the wanted paths. */
export interface WatchedPaths {
  readonly licenseFiles?: readonly LicenseFiles[];
  /** What lies at or below these paths is stated; only below where a path ends with a slash. */
  readonly watched?: readonly string[];
}

const fileBitsMask = 0xfff;

/** The wanted paths of all extensions, ready to be asked for every member of a layer. */
export class WantedPaths {
  readonly #exact: ReadonlyMap<string, 'wanted' | 'above'>;
  /** By directory, how the names of wanted children end; an empty ending is every name. */
  readonly #directories: ReadonlyMap<string, readonly string[]>;
  /** By directory, the wanted files in each of its children, with a slash in front. */
  readonly #nested: ReadonlyMap<string, readonly string[]>;
  readonly #hashes: ReadonlySet<number>;
  readonly #directoryHashes: ReadonlySet<number>;
  readonly #nestedHashes: ReadonlySet<number>;
  /** Of wanted paths that are no patterns. */
  readonly #fileHashes: ReadonlySet<number>;
  /** By the last bits of a hash, whether one of a file has them: nearly no directory on the way to a member needs a further look. */
  readonly #fileBits = new Uint8Array(fileBitsMask + 1);
  /** Of the names that the wanted paths and the directories above them have. */
  readonly #nameHashes: ReadonlySet<number>;
  readonly #watched: readonly string[];
  /** The names of directories in whose children files are wanted. */
  readonly #nestedNames: readonly Buffer[];
  /** Licence files, which are no wanted paths: they are read apart from them. */
  readonly licenseFiles: readonly LicenseFiles[];
  readonly #licenseHashes: ReadonlyMap<number, string>;

  constructor(patterns: Iterable<PathPattern>, { licenseFiles = [], watched = [] }: WatchedPaths = {}) {
    const exact = new Map<string, 'wanted' | 'above'>();
    const directories = new Map<string, string[]>();
    const nested = new Map<string, string[]>();
    for (const pattern of patterns) {
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
    this.#hashes = new Set([...exact.keys()].map(hashOfPath));
    this.#directoryHashes = new Set([...directories.keys(), ...nested.keys()].map(hashOfPath));
    this.#nestedHashes = new Set([...nested.keys()].map(hashOfPath));
    this.#fileHashes = new Set(
      [...exact].flatMap(([path, interest]) => (interest === 'wanted' ? [hashOfPath(path)] : [])),
    );
    for (const hash of this.#fileHashes) this.#fileBits[hash & fileBitsMask] = 1;
    this.#nameHashes = new Set(
      [...exact.keys(), ...directories.keys()].map((path) => hashOfPath(baseOf(path))),
    );
    this.#nestedNames = [...nested.keys()].map((path) => Buffer.from(`${baseOf(path)}/`));
    this.#watched = watched;
    this.licenseFiles = licenseFiles;
    this.#licenseHashes = new Map(licenseFiles.map(({ directory, file }) => [hashOfPath(directory), file]));
  }

  /**
   * The children of a directory that somebody may want; undefined when any child may be wanted. Empty where nothing below
   * is wanted.
   */
  childrenOf(directory: string): readonly string[] | undefined {
    if (this.#directories.has(directory) || this.#nested.has(directory)) return undefined;
    if (this.licenseFiles.some((kind) => kind.directory === directory)) return undefined;
    const exact = [...this.#exact.keys()].filter((path) => parentOf(path) === directory);
    const nested = (this.#nested.get(parentOf(directory)) ?? []).map((name) => directory + name);
    return [...new Set([...exact, ...nested, ...this.#licensePlacesIn(directory)])].sort();
  }

  /** The licence files of a directory, and the directories on the way to others. */
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

  /**
   * Whether a symbolic link may lead to a wanted path or to a directory above one: what an image has below the link then lies there.
   * A target that goes up again leads somewhere that its text alone does not say.
   */
  mayLead({ path, target }: { readonly path: string; readonly target: string }): boolean {
    if (isOverlong(target)) return false;
    const real = symbolicLinkPath(path, target);
    return real === '' || this.at(real) !== undefined || goesUpAgain(target);
  }

  /** The same for the bytes of a target: false is certain, true is not. */
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
    return this.#nestedNames.some((name) => target.includes(name));
  }

  /**
   * Whether a name, NUL-terminated at `offset`, can be of interest: false is certain, true is not. Most members of a layer are
   * told from it without making a string of their name. Whatever is unusual about a name is left to the exact look.
   */
  mayMatter(bytes: Buffer, offset: number, length: number): boolean {
    let hash = 0;
    let parentHash = 0;
    let grandparentHash = 0;
    let isStart = true;
    const from = startOfName(bytes, offset);
    for (let i = from; i < offset + length; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === 0)
        return (
          this.#isWantedHash(hash, parentHash, grandparentHash) ||
          this.#isOfLicense(parentHash, grandparentHash, bytes, i)
        );
      if (isStart && isOddStart(byte)) return true;
      isStart = byte === slash;
      if (!isStart) hash = addToHash(hash, byte);
      else if (bytes[i + 1] === 0) return this.#isWantedHash(hash, parentHash, grandparentHash);
      else if (this.#isFile(hash)) return true;
      else {
        grandparentHash = parentHash;
        parentHash = hash;
        hash = addToHash(hash, slash);
      }
    }
    return true;
  }

  /** Whether any path may be watched. */
  get isWatching(): boolean {
    return this.#watched.length > 0;
  }

  /** Whether runtimes may differ in where a path leads. */
  isWatched(path: string): boolean {
    return this.#watched.some(
      (place) => path === place || path.startsWith(place.endsWith('/') ? place : `${place}/`),
    );
  }

  #isFile(hash: number): boolean {
    return this.#fileBits[hash & fileBitsMask] === 1 && this.#fileHashes.has(hash);
  }

  /** Whether a member whose name ends there may be a licence file, or the directory of one. */
  #isOfLicense(parentHash: number, grandparentHash: number, bytes: Buffer, end: number): boolean {
    return this.#isLicensePlace(parentHash) || this.#isLicenseFile(grandparentHash, bytes, end);
  }

  /** Whether a member may be the directory of a licence file, or a link in its place. */
  #isLicensePlace(parentHash: number): boolean {
    return this.#licenseHashes.has(parentHash);
  }

  /** Whether a member whose name ends there may be a licence file: of the many files beside these none is of interest. */
  #isLicenseFile(grandparentHash: number, bytes: Buffer, end: number): boolean {
    const file = this.#licenseHashes.get(grandparentHash);
    return file !== undefined && bytes.toString('latin1', end - file.length, end) === file;
  }

  #isWantedHash(hash: number, parentHash: number, grandparentHash: number): boolean {
    return (
      this.#hashes.has(hash) ||
      this.#directoryHashes.has(parentHash) ||
      this.#nestedHashes.has(grandparentHash)
    );
  }
}

function goesUpAgain(target: string): boolean {
  let isBelow = false;
  for (const part of target.split('/')) {
    if (part === '..' && isBelow) return true;
    if (part !== '..' && part !== '.' && part !== '') isBelow = true;
  }
  return false;
}

/** Wanted paths and directories as they are called behind a link to the directory of libraries, which distributions have. */
function behindLibraryLinks(paths: readonly string[]): string[] {
  const below = paths.filter((path) => path.startsWith(`${libraries.path}/`));
  return libraries.links.flatMap((link) => below.map((path) => link + path.slice(libraries.path.length)));
}

/** Places at which it matters to the image what a layer has there, though nothing is read. */
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

/** A part that begins with a dot may be a marker or lead upwards, and an empty part is to be cleaned away. */
function isOddStart(byte: number): boolean {
  return byte === dot || byte === slash;
}

/** A small hash that can be taken byte by byte; it need not be collision-free, only cheap. */
function addToHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function hashOfPath(path: string): number {
  return encodeName(path).reduce(addToHash, 0);
}
