/**
 * Selects files of an image, without a leading slash. An exact path: `etc/os-release`. Every direct child of a directory:
 * `var/lib/dpkg/status.d/*`. Direct children with a suffix: `var/lib/dpkg/info/*.list`. A named file in every direct child: `desc`
 * below `var/lib/pacman/local/*`. Patterns are declared, so that clair also finds the directories and links on the way to the files.
 */
export type PathPattern = string;

/** Returns whether a text is a valid `PathPattern`. */
export function isPattern(text: string): boolean {
  return /^(?=.)(?!\/)(?!(?:.*\/)?\.{1,2}(?:\/|$))[^*]*(?:\/\*(?:[^*/]*|\/[^*/]+))?$/.test(text);
}

/** Content of the wanted files by path, of one layer or of the squashed image. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A parsed pattern: an exact path, or a directory and the suffix of the paths below it. */
export interface PatternParts {
  readonly path: string;
  /** Absent for an exact path, empty for every child, with a leading slash for a named file in every child. */
  readonly ending?: string;
}

/** Parses a pattern. */
export function parsePattern(pattern: PathPattern): PatternParts {
  const star = pattern.lastIndexOf('/*');
  return star === -1 ? { path: pattern } : { path: pattern.slice(0, star), ending: pattern.slice(star + 2) };
}

/** Returns whether the pattern selects files in the children of the directory, not the children themselves. */
export function isNested(ending: string): boolean {
  return ending.startsWith('/');
}

/** Returns the pattern with these parts; the inverse of `parsePattern`. */
export function formatPattern({ path, ending }: PatternParts): PathPattern {
  return ending === undefined ? path : `${path}/*${ending}`;
}

/** Values by pattern. The cost of a lookup by path does not grow with the number of directories in the patterns. */
export class PatternMap<T> {
  readonly #exact = new Map<string, [T, ...T[]]>();
  readonly #children = new Map<string, { readonly ending: string; readonly value: T }[]>();
  readonly #grandchildren = new Map<string, { readonly ending: string; readonly value: T }[]>();

  /** If several patterns match a path, `find` returns the value of the exact one, otherwise of the first. */
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

  /** Returns the values of all patterns that match a path. */
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

/** Returns a map from each pattern to itself: `find` returns the pattern that matches a path. */
export function patternSet(patterns: Iterable<PathPattern>): PatternMap<PathPattern> {
  return new PatternMap([...patterns].map((pattern) => [pattern, pattern]));
}
