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
import type { ProgramReader } from './layer-walk.ts';
import type { WantedPaths } from './wanted-paths.ts';

/** What a root file system on disk holds, and how to read its programs. */
export interface DirectoryContent {
  readonly collected: CollectedLayer;
  readonly readProgram: ProgramReader;
}

/**
 * Looks for the wanted paths in a root file system on disk, and for evidence of what is not listed anywhere in it. No link is followed,
 * so nothing outside the directory is ever read.
 */
export function readDirectory(root: string, wanted: WantedPaths): DirectoryContent {
  const collector = new LayerCollector(wanted, { programs: 'later' });
  const walk = new DirectoryWalk(root, wanted, collector);
  walk.readWanted();
  walk.readOthers();
  return {
    collected: collector.finish(),
    readProgram: ({ path }) => fileChunks(join(root, path)),
  };
}

/** File systems that are no part of what is installed, where they are mounted. */
const virtualFileSystems: ReadonlySet<string> = new Set(['dev', 'proc', 'sys']);

const executableBits = 0o111;

/** One reading of a directory tree. */
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

  /** First what is wanted, which has to be readable and has no limit of its own. */
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

  /** Then everything else, as far as it can be read. */
  readOthers(): void {
    const pending = [''];
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
      const entries = this.#entriesIn(directory);
      this.#entriesLeft -= entries.length;
      if (this.#entriesLeft < 0) {
        const message = `more than ${limits.directoryEntries} files: the rest was not looked at for packages of languages and programs`;
        this.#collector.remark(directory, message);
        return;
      }
      for (const entry of entries) {
        const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
        if (this.#shouldDescend(entry, path)) pending.push(path);
      }
    }
  }

  /** Looks at what is no directory; whether it is one to go through. */
  #shouldDescend(entry: Dirent, path: string): boolean {
    if (entry.isDirectory()) return !this.#isVirtual(path);
    if (!this.#seen.has(path) && mayMatter(path, entry)) this.#collect(path);
    return false;
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
      // What nobody may run and only the administrator may read, as keys and passwords, is no program.
      if (this.#wanted.at(path) !== undefined || (stats.mode & executableBits) !== 0)
        this.#collector.remark(path, `cannot be read: ${messageOf(error)}`);
    }
    return type;
  }
}

/** Every file is looked into: a program may have any name. */
function mayMatter(path: string, entry: Dirent): boolean {
  return entry.isSymbolicLink() ? evidenceByLinkName(path, '') !== undefined : entry.isFile();
}

/** The first piece is small: most files are recognised by their beginning. */
const [firstPieceBytes, pieceBytes] = [4096, 1024 * 1024];

/**
 * The bytes of a file. It may have been exchanged or grown since it was looked at: what is opened is looked at again, and is no link.
 */
function* fileChunks(place: string, size?: number): Generator<Buffer> {
  const file = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    const expected = size ?? stats.size;
    if (!stats.isFile() || stats.size !== expected) throw new Error('it changed while being read');
    let piece = Buffer.allocUnsafe(Math.min(firstPieceBytes, expected));
    for (let at = 0; at < expected; ) {
      const count = readSync(file, piece, 0, piece.length, at);
      if (count === 0) throw new Error('it changed while being read');
      yield piece.subarray(0, count);
      at += count;
      if (piece.length === firstPieceBytes)
        piece = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(expected - at, 1)));
    }
  } finally {
    closeSync(file);
  }
}

function typeOf(stats: Stats): TarEntry['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symbolic-link' : 'other';
}
