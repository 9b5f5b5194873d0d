import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { withFileErrors } from '../../core/system-error.ts';
import type { TarEntry } from '../../kit/tar/walker.ts';
import { evidenceByLinkName } from '../../model/evidence/by-name.ts';
import { compareText } from '../../model/order.ts';
import { type CollectedLayer, LayerCollector } from './collector.ts';
import type { ProgramReader, ReadOptions } from './layer-walk.ts';
import { createProgramScanner } from './program-scan.ts';
import type { WantedPaths } from './wanted-paths.ts';

/** Content of a root file system on disk, and a reader of its programs. */
export interface DirectoryContent {
  readonly collected: CollectedLayer;
  readonly readProgram: ProgramReader;
}

/**
 * Finds the wanted paths in a root file system on disk, and evidence of unlisted packages. Follows no links, so it reads nothing outside
 * the directory.
 */
export function readDirectory(
  root: string,
  { wanted, listNow }: Pick<ReadOptions, 'wanted' | 'listNow'>,
): DirectoryContent {
  const collector = new LayerCollector(wanted, { programs: 'later', ...(listNow && { listNow }) });
  const walk = new DirectoryWalk(root, wanted, collector);
  walk.readWanted();
  walk.readOthers();
  const scanProgram = createProgramScanner();
  return {
    collected: collector.finish(),
    readProgram: ({ path, size }, scan) => {
      const file = openUnchanged(join(root, path), size);
      try {
        scanProgram({ file, offset: 0, size }, scan);
      } finally {
        closeSync(file);
      }
    },
  };
}

/** Mount points of file systems that hold no installed files. */
const virtualFileSystems: ReadonlySet<string> = new Set(['dev', 'proc', 'sys']);

const executableBits = 0o111;

/** One walk of a directory tree. */
class DirectoryWalk {
  readonly #root: string;
  readonly #wanted: WantedPaths;
  readonly #collector: LayerCollector;
  readonly #seen = new Set<string>();
  #entriesLeft: number = limits.directoryEntries;

  constructor(root: string, wanted: WantedPaths, collector: LayerCollector) {
    this.#root = root;
    this.#wanted = wanted;
    this.#collector = collector;
  }

  /** Reads the wanted paths. They must be readable, and their number has no limit. */
  readWanted(): void {
    const pending = [''];
    for (let directory = pending.shift(); directory !== undefined; directory = pending.shift()) {
      for (const path of this.#wanted.childrenOf(directory) ?? this.#namesIn(directory)) {
        if (this.#seen.has(path)) continue;
        this.#seen.add(path);
        if (this.#collect(path) === 'directory') pending.push(path);
      }
    }
  }

  /** Reads everything else that is readable. */
  readOthers(): void {
    const pending = [''];
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
      const entries = this.#entriesIn(directory);
      this.#entriesLeft -= entries.length;
      if (this.#entriesLeft < 0) {
        const message = `more than ${limits.directoryEntries} files: the others were not searched for programs and packages of programming languages`;
        this.#collector.remark(directory, message);
        return;
      }
      for (const entry of entries) {
        const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
        if (this.#shouldDescend(entry, path)) pending.push(path);
      }
    }
  }

  /** Visits an entry that is not a directory. Returns whether to descend into it. */
  #shouldDescend(entry: Dirent, path: string): boolean {
    if (entry.isDirectory()) return !this.#isVirtual(path);
    if (!this.#seen.has(path) && this.#mayMatter(path, entry)) this.#collect(path);
    return false;
  }

  /** Whether a file may matter. Any file may, as a program may have any name. */
  #mayMatter(path: string, entry: Dirent): boolean {
    if (!entry.isSymbolicLink()) return entry.isFile();
    return evidenceByLinkName(path, '') !== undefined || this.#wanted.isAtAnyDepth(path);
  }

  #namesIn(directory: string): string[] {
    const place = join(this.#root, directory);
    const names = withFileErrors(place, () => readdirSync(place)).sort();
    return names.map((name) => (directory === '' ? name : `${directory}/${name}`));
  }

  #entriesIn(directory: string): Dirent[] {
    try {
      const entries = readdirSync(join(this.#root, directory), { withFileTypes: true });
      return entries.sort((a, b) => compareText(a.name, b.name));
    } catch (error) {
      this.#collector.remark(directory, `cannot be read: ${messageOf(error)}`);
      return [];
    }
  }

  #isVirtual(path: string): boolean {
    if (!virtualFileSystems.has(path)) return false;
    const deviceOf = (place: string): number | undefined => lstatSync(place, { throwIfNoEntry: false })?.dev;
    return deviceOf(join(this.#root, path)) !== deviceOf(this.#root);
  }

  #collect(path: string): TarEntry['type'] | undefined {
    const place = join(this.#root, path);
    const stats = withFileErrors(place, () => lstatSync(place, { throwIfNoEntry: false }));
    if (stats === undefined) return undefined;
    const type = typeOf(stats);
    const target = type === 'symbolic-link' ? withFileErrors(place, () => readlinkSync(place)) : '';
    const sink = this.#collector.visit({ path, type, size: stats.size, target, offset: 0 });
    if (sink === undefined) return type;
    try {
      for (const piece of fileChunks(place, stats.size)) {
        sink.write(piece);
        if (sink.isSated === true) break;
      }
      sink.close();
    } catch (error) {
      // A file that is not executable and readable only by the administrator, such as a key, is not a program.
      const isWanted = this.#wanted.at(path) !== undefined || this.#wanted.isAtAnyDepth(path);
      if (isWanted || (stats.mode & executableBits) !== 0)
        this.#collector.remark(path, `cannot be read: ${messageOf(error)}`);
    }
    return type;
  }
}

/** The first chunk is small, since most files are identified by their start. */
const [firstPieceBytes, pieceBytes] = [4096, 1024 * 1024];

/** Yields the bytes of a file of this size. */
function* fileChunks(place: string, size: number): Generator<Buffer> {
  const file = openUnchanged(place, size);
  try {
    let piece = Buffer.allocUnsafe(Math.min(firstPieceBytes, size));
    for (let at = 0; at < size; ) {
      const count = readSync(file, piece, 0, piece.length, at);
      if (count === 0) throw new Error(changed);
      yield piece.subarray(0, count);
      at += count;
      if (piece.length === firstPieceBytes)
        piece = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(size - at, 1)));
    }
  } finally {
    closeSync(file);
  }
}

const changed = 'it changed while being read';

/**
 * Opens a file. It may have been replaced or may have grown since it was listed. So the opened file is checked again, and links are
 * refused.
 */
function openUnchanged(place: string, size: number): number {
  const file = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stats = fstatSync(file);
  if (stats.isFile() && stats.size === size) return file;
  closeSync(file);
  throw new Error(changed);
}

function typeOf(stats: Stats): TarEntry['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symbolic-link' : 'other';
}
