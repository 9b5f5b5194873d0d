/**
 * Selects files of an image, without a leading slash. There are two kinds.
 *
 * At a fixed place. An exact path: `etc/os-release`. Every direct child of a directory: `var/lib/dpkg/status.d/*`. Direct children with a
 * suffix: `var/lib/dpkg/info/*.list`. A named file in every direct child: `desc` below `var/lib/pacman/local/*`. Clair also finds the
 * directories and links on the way to the files.
 *
 * At any depth: a double asterisk and a slash, then one to five names. `composer/installed.json` after it selects that file in every
 * directory, also in the root. Each name may have one asterisk, which stands for any characters but a slash: `node_modules`, `*`, `@*`,
 * `*.dist-info`. The last name is either without asterisk or an asterisk and a suffix, with at least two other characters. Only listers
 * may want such files. Each file is a database of its own: if a later layer removes or replaces it, its packages are gone.
 */
export type PathPattern = string;

/** The start of a pattern that selects files at any depth. */
const anyDepth = '**/';
const anyDepthNames = 5;

/** Returns whether a valid pattern selects files at any depth. */
export function isAnyDepth(pattern: PathPattern): boolean {
  return pattern.startsWith(anyDepth);
}

/** Returns whether a text is a valid `PathPattern`. */
export function isPattern(text: string): boolean {
  if (isAnyDepth(text)) return isAnyDepthPattern(text);
  return /^(?=.)(?!\/)(?!(?:.*\/)?\.{1,2}(?:\/|$))[^*]*(?:\/\*(?:[^*/]*|\/[^*/]+))?$/.test(text);
}

function isAnyDepthPattern(text: string): boolean {
  const names = text.slice(anyDepth.length).split('/');
  const isName = (name: string): boolean => /^(?!\.{1,2}$)(?:[^*]+(?:\*[^*]*)?|\*[^*]*)$/.test(name);
  return names.length <= anyDepthNames && names.every(isName) && /^\*?[^*]{2,}$/.test(names.at(-1) ?? '');
}

/** Separates the patterns of fixed places from those at any depth. */
export function groupPatterns(patterns: Iterable<PathPattern>): {
  readonly fixed: PathPattern[];
  readonly atAnyDepth: PathPattern[];
} {
  const all = [...patterns];
  return { fixed: all.filter((one) => !isAnyDepth(one)), atAnyDepth: all.filter(isAnyDepth) };
}

/** Content of the wanted files by path, of one layer or of the squashed image. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A parsed pattern: an exact path, or a directory and the suffix of the paths below it. */
export interface PatternParts {
  readonly path: string;
  /** Absent for an exact path, empty for every child, with a leading slash for a named file in every child. */
  readonly ending?: string;
}

/** Parses a pattern of a fixed place. */
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

/** Values by directory, with the ending of the paths below it. */
type ByDirectory<T> = Map<string, { readonly ending: string; readonly value: T }[]>;

/** Values by pattern. The cost of a lookup by path does not grow with the number of directories in the patterns. */
export class PatternMap<T> {
  readonly #exact = new Map<string, [T, ...T[]]>();
  readonly #children: ByDirectory<T> = new Map();
  readonly #grandchildren: ByDirectory<T> = new Map();
  readonly #anyDepth = new AnyDepthMap<T>();
  /** Length of the longest directory of `#children` and `#grandchildren`. To look up a longer one only costs time. */
  #directoryLength = 0;

  /** If several patterns match a path, `find` returns the value of the exact one, otherwise of the first. */
  constructor(entries: Iterable<readonly [PathPattern, T]>) {
    for (const [pattern, value] of entries) {
      if (isAnyDepth(pattern)) {
        this.#anyDepth.add(pattern, value);
        continue;
      }
      const { path, ending } = parsePattern(pattern);
      if (ending === undefined) {
        if (!this.#exact.get(path)?.push(value)) this.#exact.set(path, [value]);
        continue;
      }
      const below = isNested(ending) ? this.#grandchildren : this.#children;
      this.#directoryLength = Math.max(this.#directoryLength, path.length);
      if (!below.get(path)?.push({ ending, value })) below.set(path, [{ ending, value }]);
    }
  }

  /** Returns the values of all patterns that match a path. */
  all(path: string): readonly T[] {
    const directory = directoryOf(path);
    const named = [
      ...this.#in(this.#children, directory),
      ...this.#in(this.#grandchildren, directoryOf(directory)),
    ].flatMap(({ ending, value }) => (path.endsWith(ending) ? [value] : []));
    return [...(this.#exact.get(path) ?? []), ...named, ...this.#anyDepth.all(path)];
  }

  find(path: string): T | undefined {
    const [exact] = this.#exact.get(path) ?? [];
    if (exact !== undefined) return exact;
    return this.#findInDirectory(path) ?? this.#anyDepth.all(path)[0];
  }

  #findInDirectory(path: string): T | undefined {
    if (this.#children.size + this.#grandchildren.size === 0) return undefined;
    const directory = directoryOf(path);
    const fits = ({ ending }: { readonly ending: string }): boolean => path.endsWith(ending);
    const named =
      this.#in(this.#children, directory).find(fits) ??
      this.#in(this.#grandchildren, directoryOf(directory)).find(fits);
    return named?.value;
  }

  #in(values: ByDirectory<T>, directory: string): readonly { readonly ending: string; readonly value: T }[] {
    return (directory.length > this.#directoryLength ? undefined : values.get(directory)) ?? [];
  }
}

/** A pattern at any depth, with the names before the last one. */
interface AnyDepthPattern<T> {
  readonly directories: readonly string[];
  /** Suffix of the last name. */
  readonly suffix: string;
  readonly value: T;
}

/** Values by patterns at any depth. */
class AnyDepthMap<T> {
  /** By the last name. */
  readonly #byName = new Map<string, AnyDepthPattern<T>[]>();
  readonly #bySuffix: AnyDepthPattern<T>[] = [];

  add(pattern: PathPattern, value: T): void {
    const directories = pattern.slice(anyDepth.length).split('/');
    const last = directories.pop() ?? '';
    const parsed = { directories, suffix: last.replace('*', ''), value };
    if (last.startsWith('*')) this.#bySuffix.push(parsed);
    else this.#byName.set(last, [...(this.#byName.get(last) ?? []), parsed]);
  }

  all(path: string): readonly T[] {
    if (this.#byName.size + this.#bySuffix.length === 0) return [];
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const found = [
      ...(this.#byName.get(name) ?? []),
      ...this.#bySuffix.filter(({ suffix }) => name.length > suffix.length && name.endsWith(suffix)),
    ];
    return found
      .filter(({ directories }) => endsWithNames(path, slash, directories))
      .map(({ value }) => value);
  }
}

/** Returns whether the directory of a path, which ends before `end`, ends with these names. */
function endsWithNames(path: string, end: number, names: readonly string[]): boolean {
  let last = end;
  for (let i = names.length - 1; i >= 0; i--) {
    if (last <= 0) return false;
    const start = path.lastIndexOf('/', last - 1) + 1;
    if (!fitsName(path.slice(start, last), names[i] ?? '')) return false;
    last = start - 1;
  }
  return true;
}

function fitsName(name: string, pattern: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return name === pattern;
  return (
    name.length >= pattern.length - 1 &&
    name.startsWith(pattern.slice(0, star)) &&
    name.endsWith(pattern.slice(star + 1))
  );
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** Returns a map from each pattern to itself: `find` returns the pattern that matches a path. */
export function patternSet(patterns: Iterable<PathPattern>): PatternMap<PathPattern> {
  return new PatternMap([...patterns].map((pattern) => [pattern, pattern]));
}
