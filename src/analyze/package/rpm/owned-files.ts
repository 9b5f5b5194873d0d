import { limits } from '../../../core/limits.ts';
import { type PlaceOfFiles, placeOfFiles } from '../../../model/evidence/program-names.ts';
import { isOwnable, isOwnableName, type Ownership } from '../ownable.ts';
import type { FileEntries, HeaderEntry } from './header.ts';

const int32Type = 4;
/** Flag of a ghost file, which a package owns but does not install, such as a log. */
const ghostFlag = 64;
/** Real packages have fewer than ten thousand. */
const directoriesMax = 100_000;

/**
 * Returns the ownable files of a header, without leading slash. Returns undefined if the list cannot be read. A path is
 * a directory number and a base name; packages of rpm 3 have whole paths.
 */
export function ownedFilesOf(files: FileEntries, ownership: Ownership): string[] | undefined {
  const owned: string[] = [];
  const keep: OnOwnedFile = (number, path) => {
    const isGhost = ((integerAt(files.flags, number) ?? 0) & ghostFlag) !== 0;
    if (!isGhost) ownership.add(owned, path);
    return !ownership.isFull;
  };
  const isRead = files.baseNames === undefined ? readPaths(files, keep) : readNames(files, keep);
  return isRead || ownership.isFull ? owned : undefined;
}

/** Receives an ownable file. Returns false if no more can be kept. */
type OnOwnedFile = (number: number, path: string) => boolean;

/** Returns whether the whole list was read. */
function readNames({ baseNames, directoryNames, directoryIndexes }: FileEntries, keep: OnOwnedFile): boolean {
  if (baseNames === undefined || directoryNames === undefined || directoryNames.count > directoriesMax)
    return false;
  const text = baseNames.data.toString('latin1');
  const directories = new Directories(directoryNames, text);
  const names = new StringWalker(baseNames, text);
  while (names.next()) {
    const directory = directories.at(integerAt(directoryIndexes, names.number) ?? -1);
    if (directory === undefined) return false;
    const isWanted = isOwnableName(directory.place, text, names.start, names.end);
    if (isWanted && !keep(names.number, directory.path + names.decoded())) return false;
  }
  return names.isWhole;
}

function readPaths({ paths }: FileEntries, keep: OnOwnedFile): boolean {
  if (paths === undefined) return true;
  const texts = new StringWalker(paths, paths.data.toString('latin1'));
  while (texts.next()) {
    const path = texts.decoded();
    if (isOwnable(path.replace(/^\//, '')) && !keep(texts.number, path)) return false;
  }
  return texts.isWhole;
}

interface Directory {
  /** Ends with a slash. */
  readonly path: string;
  readonly place: PlaceOfFiles;
}

/** The directories of a package by number. Each is read when its first file is. */
class Directories {
  readonly #texts: StringWalker;
  readonly #starts: number[] = [];
  readonly #read = new Map<number, Directory>();

  constructor(entry: HeaderEntry, text: string) {
    this.#texts = new StringWalker(entry, text);
    while (this.#texts.next()) this.#starts.push(this.#texts.start);
  }

  at(number: number): Directory | undefined {
    const start = this.#starts[number];
    if (start === undefined) return undefined;
    const cached = this.#read.get(number);
    if (cached !== undefined) return cached;
    const path = this.#texts.decoded(start, (this.#starts[number + 1] ?? this.#texts.end + 1) - 1);
    const directory = { path, place: placeOfFiles(path.replace(/^\/|\/$/g, '')) };
    this.#read.set(number, directory);
    return directory;
  }
}

/** Iterates over the NUL-terminated texts of an entry. One byte of the data is one character of its `text`. */
class StringWalker {
  readonly #entry: HeaderEntry;
  readonly #text: string;
  /** Number of the current text; `start` and `end` are its offsets. */
  number = -1;
  start = 0;
  end: number;

  constructor(entry: HeaderEntry, text: string) {
    this.#entry = entry;
    this.#text = text;
    this.end = entry.offset - 1;
  }

  /** Moves to the next text. Returns false at the end. */
  next(): boolean {
    if (this.number + 1 >= this.#entry.count) return false;
    const start = this.end + 1;
    const end = this.#text.indexOf('\0', start);
    if (end === -1) return false;
    this.number++;
    this.start = start;
    this.end = end;
    return true;
  }

  /** Whether the entry has as many texts as it states. Valid after `next` returned false. */
  get isWhole(): boolean {
    return this.number + 1 === this.#entry.count;
  }

  /** Returns the current text, or the one between two other offsets, cut to the maximum length of a path. */
  decoded(start: number = this.start, end: number = this.end): string {
    return this.#entry.data.toString('utf8', start, Math.min(end, start + limits.pathBytes));
  }
}

function integerAt(entry: HeaderEntry | undefined, number: number): number | undefined {
  if (entry?.type !== int32Type || number >= entry.count) return undefined;
  const place = entry.offset + 4 * number;
  return place + 4 <= entry.data.length ? entry.data.readUInt32BE(place) : undefined;
}
