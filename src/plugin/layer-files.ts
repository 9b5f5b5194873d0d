/**
 * A place in an image where an extension wants the file: an exact path (`etc/os-release`), every direct child of a
 * directory (`var/lib/dpkg/status.d/*`), or those whose names end so (`var/lib/dpkg/info/*.list`). No leading slash. Declared,
 * not computed, so that the reader also knows which directories and links lead there.
 */
export type PathPattern = string;

/** The wanted files of one layer, or of the whole image once layers are laid over each other: path → bytes. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A pattern taken apart: the path it names, or the directory whose children it names and how their names end. */
export interface PatternParts {
  readonly path: string;
  /** Absent for an exact path, empty where every child is meant. */
  readonly ending?: string;
}

/** Takes a pattern apart. */
export function partsOf(pattern: PathPattern): PatternParts {
  const star = pattern.lastIndexOf('/*');
  return star === -1 ? { path: pattern } : { path: pattern.slice(0, star), ending: pattern.slice(star + 2) };
}

/** The pattern of these parts. */
export function patternOf({ path, ending }: PatternParts): PathPattern {
  return ending === undefined ? path : `${path}/*${ending}`;
}

/** What is kept for patterns, found by path at the same cost however many patterns there are. */
export class ByPattern<T> {
  readonly #exact = new Map<string, T>();
  readonly #children = new Map<string, { readonly ending: string; readonly value: T }[]>();

  /** Where several patterns name a path, the exact one counts, then the first. */
  constructor(entries: Iterable<readonly [PathPattern, T]>) {
    for (const [pattern, value] of entries) {
      const { path, ending } = partsOf(pattern);
      if (ending === undefined) {
        if (!this.#exact.has(path)) this.#exact.set(path, value);
      } else if (!this.#children.get(path)?.push({ ending, value }))
        this.#children.set(path, [{ ending, value }]);
    }
  }

  find(path: string): T | undefined {
    const exact = this.#exact.get(path);
    if (exact !== undefined || this.#children.size === 0) return exact;
    const directory = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
    return this.#children.get(directory)?.find(({ ending }) => path.endsWith(ending))?.value;
  }
}

/** The patterns, to be asked which of them names a path. */
export function patternSet(patterns: Iterable<PathPattern>): ByPattern<PathPattern> {
  return new ByPattern([...patterns].map((pattern) => [pattern, pattern]));
}
