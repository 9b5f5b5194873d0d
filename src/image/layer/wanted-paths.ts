import { startOfName } from '../../kit/tar/header.ts';
import { encodeName } from '../../kit/tar/name.ts';
import { baseOf, isOverlong, parentOf, symbolicLinkPath } from '../../kit/tar/path.ts';
import { isNested, type PathPattern, parsePattern } from '../../plugin/layer-files.ts';
import type { LicenseFiles } from '../../plugin/package-lister.ts';
import { documentNames } from '../image.ts';

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

const fileBitsMask = 0xfff;

/** The wanted paths of all extensions, prepared for fast checks of every member of a layer. */
export class WantedPaths {
  readonly #exact: ReadonlyMap<string, 'wanted' | 'above'>;
  /** By directory, the suffixes of wanted children. An empty suffix matches every name. */
  readonly #directories: ReadonlyMap<string, readonly string[]>;
  /** By directory, the wanted files in each of its children, with a leading slash. */
  readonly #nested: ReadonlyMap<string, readonly string[]>;
  readonly #hashes: ReadonlySet<number>;
  readonly #directoryHashes: ReadonlySet<number>;
  readonly #nestedHashes: ReadonlySet<number>;
  /** Hashes of wanted paths that are not patterns. */
  readonly #fileHashes: ReadonlySet<number>;
  /** By the low bits of a hash, whether a wanted file has them. This check rejects nearly all directories above members. */
  readonly #fileBits = new Uint8Array(fileBitsMask + 1);
  /** Hashes of the last names of wanted paths and of the directories above them. */
  readonly #nameHashes: ReadonlySet<number>;
  readonly #watched: readonly string[];
  /** Names of directories with wanted files in their children. */
  readonly #nestedNames: readonly Buffer[];
  /** Licence files, which are not wanted paths, since `LicenseCollector` reads them. */
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
    return this.#nestedNames.some((name) => target.includes(name));
  }

  /**
   * Whether a name, NUL-terminated at `offset`, may be of interest: false is certain, true is not. Rejects most members of a layer without
   * creating a string. Accepts unusual names, which the exact check then decides.
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

  #isFile(hash: number): boolean {
    return this.#fileBits[hash & fileBitsMask] === 1 && this.#fileHashes.has(hash);
  }

  /** Whether a member whose name ends there may be a licence file, or its directory. */
  #isOfLicense(parentHash: number, grandparentHash: number, bytes: Buffer, end: number): boolean {
    return this.#isLicensePlace(parentHash) || this.#isLicenseFile(grandparentHash, bytes, end);
  }

  /** Whether a member may be the directory of a licence file, or a link in its place. */
  #isLicensePlace(parentHash: number): boolean {
    return this.#licenseHashes.has(parentHash);
  }

  /** Whether a member whose name ends there may be a licence file. This check rejects the many other files beside it. */
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

/** Adds a byte to a small, cheap hash. It need not be collision-free. */
function addToHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function hashOfPath(path: string): number {
  return encodeName(path).reduce(addToHash, 0);
}
