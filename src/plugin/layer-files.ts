/**
 * A place in an image where an extension wants the file: an exact path (`etc/os-release`), every direct child of a
 * directory (`var/lib/dpkg/status.d/*`), those whose names end so (`var/lib/dpkg/info/*.list`), or the file of one name in every
 * direct child (`desc` below `var/lib/pacman/local/*`). No leading slash. Declared, not computed, so that the reader also knows which
 * directories and links lead there.
 */
export type PathPattern = string;

/** Whether a text is a pattern of one of these kinds. */
export function isPattern(text: string): boolean {
  return /^(?=.)(?!\/)(?!(?:.*\/)?\.{1,2}(?:\/|$))[^*]*(?:\/\*(?:[^*/]*|\/[^*/]+))?$/.test(text);
}

/** The wanted files of one layer, or of the whole image once layers are laid over each other: path → bytes. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A pattern taken apart: the path it names, or the directory below which it names files and how their paths end. */
export interface PatternParts {
  readonly path: string;
  /** Absent for an exact path, empty where every child is meant, with a slash in front where a file in every child is. */
  readonly ending?: string;
}

/** Takes a pattern apart. */
export function parsePattern(pattern: PathPattern): PatternParts {
  const star = pattern.lastIndexOf('/*');
  return star === -1 ? { path: pattern } : { path: pattern.slice(0, star), ending: pattern.slice(star + 2) };
}

/** Whether files are meant that lie in the children of the directory, and not these. */
export function isNested(ending: string): boolean {
  return ending.startsWith('/');
}

/** The pattern of these parts. */
export function formatPattern({ path, ending }: PatternParts): PathPattern {
  return ending === undefined ? path : `${path}/*${ending}`;
}

/** What is kept for patterns, found by path at the same cost however many patterns there are. */
export class PatternMap<T> {
  readonly #exact = new Map<string, [T, ...T[]]>();
  readonly #children = new Map<string, { readonly ending: string; readonly value: T }[]>();
  readonly #grandchildren = new Map<string, { readonly ending: string; readonly value: T }[]>();

  /** Where several patterns name a path, the exact one counts, then the first. */
  constructor(entries: Iterable<readonly [PathPattern, T]>) {
    for (const [pattern, value] of entries) {
      const { path, ending } = parsePattern(pattern);
      if (ending === undefined) {
        if (!this.#exact.get(path)?.push(value)) this.#exact.set(path, [value]);
        continue;
      }
      const below = isNested(ending) ? this.#grandchildren : this.#children;
      if (!below.get(path)?.push({ ending, value })) below.set(path, [{ ending, value }]);
    }
  }

  /** What is kept for each of the patterns that name a path. */
  all(path: string): readonly T[] {
    const directory = directoryOf(path);
    const named = [
      ...(this.#children.get(directory) ?? []),
      ...(this.#grandchildren.get(directoryOf(directory)) ?? []),
    ].flatMap(({ ending, value }) => (path.endsWith(ending) ? [value] : []));
    return [...(this.#exact.get(path) ?? []), ...named];
  }

  find(path: string): T | undefined {
    const [exact] = this.#exact.get(path) ?? [];
    if (exact !== undefined || this.#children.size + this.#grandchildren.size === 0) return exact;
    const directory = directoryOf(path);
    const fits = ({ ending }: { readonly ending: string }): boolean => path.endsWith(ending);
    const named =
      this.#children.get(directory)?.find(fits) ??
      this.#grandchildren.get(directoryOf(directory))?.find(fits);
    return named?.value;
  }
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** The patterns, to be asked which of them names a path. */
export function patternSet(patterns: Iterable<PathPattern>): PatternMap<PathPattern> {
  return new PatternMap([...patterns].map((pattern) => [pattern, pattern]));
}
