import type { ListedPackage, ParentPackage } from '../model/package.ts';
import { packageName } from '../model/package-name.ts';

/** A package at a path. */
interface PackageAtPath {
  readonly path: string;
  readonly package: ListedPackage;
}

/**
 * Finds the packages whose directories contain packages of other types: a program in an npm package, a .NET application in a Python
 * distribution. To fix what they contain, upgrade them.
 */
export class ContainingPackages {
  readonly #added: PackageAtPath[] = [];
  /** Made when it is first needed: most images have no packages of other types. */
  #keys: ReadonlyMap<string, ParentPackage> | undefined;

  /** Adds a package. All must be added before the first call of `withParent`. */
  add(place: PackageAtPath): void {
    this.#added.push(place);
  }

  /** Returns the package with the parent that its path shows, unless its lister has already stated one. */
  withParent({ path, package: found }: PackageAtPath): ListedPackage {
    if (found.parent !== undefined || found.type === 'npm' || found.type === 'pypi') return found;
    const parent = this.#containing(path);
    return parent === undefined ? found : { ...found, parent };
  }

  #containing(path: string): ParentPackage | undefined {
    this.#keys ??= new Map(this.#added.flatMap(keyed));
    const keys = this.#keys;
    return [npmDirectoryOf(path), pythonDirectoryOf(path)]
      .flatMap((key) => (key === undefined ? [] : (keys.get(key) ?? [])))
      .at(0);
  }
}

/** Returns a package by the key of its directory, if others may be in it. */
function keyed({
  path,
  package: { type, name, version, archivePath },
}: PackageAtPath): (readonly [string, ParentPackage])[] {
  if (archivePath !== undefined) return [];
  const key = type === 'npm' ? npmKey(path) : type === 'pypi' ? pythonKey(path, name) : undefined;
  return key === undefined ? [] : [[key, { name, version }]];
}

function npmKey(path: string): string | undefined {
  const manifest = '/package.json';
  return path.endsWith(manifest) ? path.slice(0, -manifest.length) : undefined;
}

/** Returns the directory of the npm package that contains a file, by the last `node_modules` in its path. */
function npmDirectoryOf(path: string): string | undefined {
  const names = path.split('/');
  const first = names.lastIndexOf('node_modules') + 1;
  if (first === 0) return undefined;
  const end = first + (names[first]?.startsWith('@') === true ? 2 : 1);
  return end < names.length ? names.slice(0, end).join('/') : undefined;
}

const pythonRoots: readonly string[] = ['site-packages', 'dist-packages'];

/** Returns the number of names in the path of the directory that Python imports from. */
function pythonRoot(names: readonly string[]): number {
  return names.findLastIndex((name) => pythonRoots.includes(name)) + 1;
}

function pythonKey(path: string, name: string): string | undefined {
  const names = path.split('/');
  const first = pythonRoot(names);
  return first > 0 && /\.(?:dist|egg)-info$/.test(names[first] ?? '')
    ? keyOfPython(names.slice(0, first), name)
    : undefined;
}

/** Returns the directory of the Python distribution that contains a file, and its name as the name of the distribution. */
function pythonDirectoryOf(path: string): string | undefined {
  const names = path.split('/');
  const first = pythonRoot(names);
  const directory = names[first];
  return first > 0 && directory !== undefined && first + 1 < names.length
    ? keyOfPython(names.slice(0, first), directory)
    : undefined;
}

/** Directories have the names of distributions, with other separators. */
function keyOfPython(root: readonly string[], name: string): string {
  return `${root.join('/')}\n${packageName('pypi', name)}`;
}
