import { limits } from '../../core/limits.ts';
import { hasAt } from '../../kit/tar/header.ts';
import { parentOf } from '../../kit/tar/path.ts';
import type { TarEntry } from '../../kit/tar/walker.ts';
import type { CodeDirectory } from '../../model/layer-index.ts';

/** The end of the name of a directory that Python imports from, and what follows it. */
const packages = '-packages/';
const packagesBytes = Buffer.from(packages);

/** The last two letters of names of Python code, compiled code, shared objects and .NET assemblies. */
const endings: ReadonlySet<number> = new Set(
  ['py', 'yc', 'so', 'll'].map((text) => endOf(text.charCodeAt(0), text.charCodeAt(1))),
);

/**
 * Collects where a layer has code whose package may be listed elsewhere: .NET assemblies, and the names directly below the directories that
 * Python imports from. Metadata without its code is stale.
 */
export class CodeFiles {
  readonly #names = new Map<string, Set<string>>();
  /** The place that was added last, as the start of paths. Most files of a package follow each other. */
  #last: Buffer = Buffer.alloc(0);
  #count = 0;
  #isCut = false;

  /** Adds a file by the bytes of its path. */
  addName(bytes: Buffer, start: number, end: number): void {
    if (!endings.has(endOf(bytes[end - 2] ?? 0, bytes[end - 1] ?? 0))) return;
    if (this.#last.length > 0 && hasAt(bytes, start, this.#last)) return;
    const isAssembly = bytes[end - 1] === letterL;
    if (isAssembly || bytes.subarray(start, end).includes(packagesBytes))
      this.#addPath(bytes.toString('utf8', start, end));
  }

  /** Adds a member of a layer if it is a file or a link. */
  add({ path, type }: Pick<TarEntry, 'path' | 'type'>): void {
    if (type === 'directory' || type === 'other') return;
    const { length } = path;
    if (endings.has(endOf(path.charCodeAt(length - 2), path.charCodeAt(length - 1)))) this.#addPath(path);
  }

  #addPath(path: string): void {
    if (path.endsWith('.dll')) {
      this.#add(parentOf(path), path.slice(path.lastIndexOf('/') + 1));
      return;
    }
    const root = path.lastIndexOf(packages) + packages.length;
    if (root < packages.length || !/\.(?:pyc?|so)$/.test(path)) return;
    const slash = path.indexOf('/', root);
    this.#add(path.slice(0, root - 1), path.slice(root, slash === -1 ? path.length : slash));
    this.#last = slash === -1 ? Buffer.alloc(0) : Buffer.from(path.slice(0, slash + 1));
  }

  #add(directory: string, name: string): void {
    const names = this.#names.get(directory);
    if (names?.has(name) === true) return;
    if (this.#count >= limits.codeFilesPerLayer) {
      this.#isCut = true;
      return;
    }
    this.#count++;
    if (names === undefined) this.#names.set(directory, new Set([name]));
    else names.add(name);
  }

  /** Returns the places. Undefined if the layer has more than are kept. */
  finish(): readonly CodeDirectory[] | undefined {
    if (this.#isCut) return undefined;
    return Array.from(this.#names, ([directory, names]) => ({ directory, names: [...names] }));
  }
}

const letterL = 0x6c;

function endOf(before: number, last: number): number {
  return ((before & 0xff) << 8) | (last & 0xff);
}
