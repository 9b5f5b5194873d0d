import type { PathPattern } from '../../plugin/layer-files.ts';
import { parentOf } from '../tar/path.ts';

/** What a path is to the extensions: a file they want, a directory on the way to one, or nothing. */
export type Interest = 'wanted' | 'above' | undefined;

/** The wanted paths of all extensions, ready to be asked for every member of a layer. */
export class WantedPaths {
  readonly #exact: ReadonlyMap<string, 'wanted' | 'above'>;
  readonly #directories: ReadonlySet<string>;

  constructor(patterns: Iterable<PathPattern>) {
    const exact = new Map<string, 'wanted' | 'above'>();
    const directories = new Set<string>();
    for (const pattern of patterns) {
      const isDirectory = pattern.endsWith('/*');
      const path = isDirectory ? pattern.slice(0, -2) : pattern;
      if (isDirectory) {
        directories.add(path);
        if (!exact.has(path)) exact.set(path, 'above');
      } else {
        exact.set(path, 'wanted');
      }
      for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
        if (!exact.has(above)) exact.set(above, 'above');
      }
    }
    this.#exact = exact;
    this.#directories = directories;
  }

  /**
   * The children of a directory that somebody may want; undefined when any child may be wanted. Empty where nothing below
   * is wanted.
   */
  childrenOf(directory: string): readonly string[] | undefined {
    if (this.#directories.has(directory)) return undefined;
    return [...this.#exact.keys()].filter((path) => parentOf(path) === directory).sort();
  }

  at(path: string): Interest {
    return this.#exact.get(path) ?? (this.#directories.has(parentOf(path)) ? 'wanted' : undefined);
  }
}

/** Whether a path is one of those a pattern names. */
export function matchesPattern(path: string, pattern: PathPattern): boolean {
  return pattern.endsWith('/*') ? parentOf(path) === pattern.slice(0, -2) : path === pattern;
}
