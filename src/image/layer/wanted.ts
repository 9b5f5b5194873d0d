import { encodeName } from '../../kit/tar/name.ts';
import { parentOf } from '../../kit/tar/path.ts';
import { isNested, type PathPattern, partsOf } from '../../plugin/layer-files.ts';
import type { LicenseFiles } from '../../plugin/package-lister.ts';

/** What a path is to the extensions: a file they want, a directory on the way to one, or nothing. */
export type Interest = 'wanted' | 'above' | undefined;

/**
 * Directories that are links to others in many distributions. Package databases name files by either path, so that it has to be known
 * which is which.
 */
const oftenLinks = [
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
  /** Licence files, which are no wanted paths: they are read apart from them. */
  readonly licenseFiles: readonly LicenseFiles[];
  readonly #licenseHashes: ReadonlyMap<number, string>;

  constructor(patterns: Iterable<PathPattern>, licenseFiles: readonly LicenseFiles[] = []) {
    const exact = new Map<string, 'wanted' | 'above'>();
    const directories = new Map<string, string[]>();
    const nested = new Map<string, string[]>();
    for (const pattern of patterns) {
      const { path, ending } = partsOf(pattern);
      if (ending === undefined) exact.set(path, 'wanted');
      else {
        const below = isNested(ending) ? nested : directories;
        below.set(path, [...(below.get(path) ?? []), ending]);
        if (!exact.has(path)) exact.set(path, 'above');
      }
      addAbove(exact, path);
    }
    for (const path of oftenLinks) addAbove(exact, `${path}/`);
    this.#exact = exact;
    this.#directories = directories;
    this.#nested = nested;
    this.#hashes = new Set([...exact.keys()].map(hashOfPath));
    this.#directoryHashes = new Set([...directories.keys(), ...nested.keys()].map(hashOfPath));
    this.#nestedHashes = new Set([...nested.keys()].map(hashOfPath));
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
    const known = this.#exact.get(path);
    if (known !== undefined) return known;
    const directory = parentOf(path);
    const fits = (ending: string): boolean => path.endsWith(ending);
    if (this.#directories.get(directory)?.some(fits)) return 'wanted';
    if (this.#nested.has(directory)) return 'above';
    return this.#nested.get(parentOf(directory))?.some(fits) ? 'wanted' : undefined;
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
    const from = startOf(bytes, offset);
    for (let i = from; i < offset + length; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === 0)
        return (
          this.#isKnown(hash, parentHash, grandparentHash) ||
          this.#isLicensePlace(parentHash) ||
          this.#isLicenseFile(grandparentHash, bytes, i)
        );
      // A part that begins with a dot may be a marker or lead upwards, and an empty part is to be cleaned away.
      if (isStart && (byte === dot || byte === slash)) return true;
      isStart = byte === slash;
      if (!isStart) hash = addToHash(hash, byte);
      else if (bytes[i + 1] === 0) return this.#isKnown(hash, parentHash, grandparentHash);
      else {
        grandparentHash = parentHash;
        parentHash = hash;
        hash = addToHash(hash, slash);
      }
    }
    return true;
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

  #isKnown(hash: number, parentHash: number, grandparentHash: number): boolean {
    return (
      this.#hashes.has(hash) ||
      this.#directoryHashes.has(parentHash) ||
      this.#nestedHashes.has(grandparentHash)
    );
  }
}

function addAbove(exact: Map<string, 'wanted' | 'above'>, path: string): void {
  for (let above = parentOf(path); above !== ''; above = parentOf(above))
    if (!exact.has(above)) exact.set(above, 'above');
}

const slash = 0x2f;
const dot = 0x2e;

/** Names begin with `./` or `/` in many archives. */
function startOf(bytes: Buffer, offset: number): number {
  if (bytes[offset] === slash) return offset + 1;
  return bytes[offset] === dot && bytes[offset + 1] === slash ? offset + 2 : offset;
}

/** A small hash that can be taken byte by byte; it need not be collision-free, only cheap. */
function addToHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function hashOfPath(path: string): number {
  return encodeName(path).reduce(addToHash, 0);
}
