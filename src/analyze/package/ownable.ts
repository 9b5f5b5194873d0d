import { limits } from '../../kit/limits.ts';
import { cleanPath } from '../../kit/tar/path.ts';
import type { Listed } from '../../plugin/package-lister.ts';

/**
 * Where programs lie, at any depth: those of Go and Rust name the modules they were built from. `pkg/tool` is Go's place for its
 * own programs.
 */
const programs = /(?:^|\/)(?:s?bin|libexec|pkg\/tool)(?:\/|$)/;

/**
 * Names of the files that make a package of a language known, by ecosystem: npm, Python wheels, Python eggs, Composer, Java
 * runtimes, Go toolchains. Where they lie is not asked: one file too many costs a few bytes, one too few hides an owner.
 */
const names: ReadonlySet<string> = new Set([
  'package.json',
  'METADATA',
  'PKG-INFO',
  'installed.json',
  'release',
  'VERSION',
]);

/** How such names end, likewise: Python eggs, gems, and all that is a Java archive. */
const endings: ReadonlySet<string> = new Set([
  ...['egg-info', 'egg', 'gemspec'],
  ...['jar', 'war', 'ear', 'par', 'sar', 'nar', 'kar', 'far', 'lpkg', 'rar', 'zap', 'jpi', 'hpi'],
]);

/** .NET: the one ending with a dot of its own. */
const dotnetEnding = '.deps.json';

/** A table by the last two characters: 1 for those that such names end with. It dismisses nearly all files. */
const lastCharacters = new Uint8Array(1 << 16);
for (const name of [...names, ...endings, dotnetEnding]) lastCharacters[lastOf(name, name.length)] = 1;

function lastOf(text: string, end: number): number {
  return (text.charCodeAt(end - 2) << 8) | text.charCodeAt(end - 1);
}

/** Whether the files of a directory are programs. The path has no leading slash. */
export function holdsPrograms(directory: string): boolean {
  return programs.test(directory);
}

/** Whether a file whose name begins at `start` and ends before `end` makes a package of a language known. */
export function isEvidence(text: string, start: number, end: number): boolean {
  if (lastCharacters[lastOf(text, end)] !== 1) return false;
  const name = text.slice(start, end);
  if (names.has(name)) return true;
  const dot = name.lastIndexOf('.');
  return (dot !== -1 && endings.has(name.slice(dot + 1))) || name.endsWith(dotnetEnding);
}

/**
 * Whether the file at a path, without leading slash, may be found to be a package of a language by itself, so that it matters
 * which package of the distribution brought it.
 */
export function isOwnable(path: string): boolean {
  const slash = path.lastIndexOf('/');
  return isEvidence(path, slash + 1, path.length) || (slash > 0 && holdsPrograms(path.slice(0, slash)));
}

/** Keeps what the packages of one layer own, as far as the limits allow: a hostile database may name any number of files. */
export class Ownership {
  #filesLeft: number = limits.ownedFilesPerLayer;
  #charactersLeft: number = limits.ownedPathCharactersPerLayer;
  #isFull = false;

  /** Whether something had no room: from then on nothing is kept. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Adds a path to the files of a package, where there is room. A path longer than any file's is no file's. */
  add(files: string[], name: string): void {
    const path = cleanPath(name);
    if (path === '' || path.length > limits.pathBytes || this.#isFull) return;
    this.#isFull = this.#filesLeft === 0 || this.#charactersLeft < path.length;
    if (this.#isFull) return;
    this.#filesLeft--;
    this.#charactersLeft -= path.length;
    files.push(path);
  }

  /** Says of the file at `path` that not everything was kept, if so. */
  *problems(path: string): Generator<Listed> {
    if (this.#isFull)
      yield {
        path,
        problem: `names more than ${limits.ownedFilesPerLayer} owned files, or too long ones; the rest was not kept`,
      };
  }
}
