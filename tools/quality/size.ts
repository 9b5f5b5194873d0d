import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './sources.ts';

/** The size of a direct dependency of the command. */
export interface DependencyCost {
  readonly name: string;
  /** Number of packages, including its own dependencies. */
  readonly packages: number;
  readonly bytes: number;
  /** The packages that no other dependency needs. */
  readonly alone: { readonly packages: number; readonly bytes: number };
}

/** The size of an installation of the command. */
export interface InstallSize {
  readonly packages: number;
  readonly bytes: number;
  /** Bytes of the package itself, unpacked. */
  readonly ownBytes: number;
  readonly dependencies: readonly DependencyCost[];
}

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Measures the dependencies in `node_modules`, by the dependency graph of the lock file. */
export function installSize(): InstallSize {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const direct = Object.keys(lock.packages['']?.dependencies ?? {});
  const closures = new Map(direct.map((name) => [name, closureOf(name, lock.packages)]));
  const every = new Set([...closures.values()].flatMap((places) => [...places]));
  const bytesOf = (places: Iterable<string>): number =>
    [...places].reduce((sum, place) => sum + bytesIn(join(root, place)), 0);
  const dependencies = direct.map((name): DependencyCost => {
    const places = closures.get(name) ?? new Set();
    const others = direct.filter((other) => other !== name && !places.has(`node_modules/${other}`));
    const kept = new Set(others.flatMap((other) => [...(closures.get(other) ?? [])]));
    const gone = [...places].filter((place) => !kept.has(place));
    return {
      name,
      packages: places.size,
      bytes: bytesOf(places),
      alone: { packages: gone.length, bytes: bytesOf(gone) },
    };
  });
  const ownBytes = packedBytes();
  return { packages: every.size + 1, bytes: bytesOf(every) + ownBytes, ownBytes, dependencies };
}

/** Returns the directories of a package and of its transitive dependencies, without optional dependencies. */
function closureOf(name: string, packages: Readonly<Record<string, Locked>>): Set<string> {
  const found = new Set<string>();
  const add = (wanted: string, from: string): void => {
    const place = placeOf(wanted, from, packages);
    if (place === undefined || found.has(place)) return;
    found.add(place);
    for (const needed of Object.keys(packages[place]?.dependencies ?? {})) add(needed, place);
  };
  add(name, '');
  return found;
}

/** Returns the directory where Node finds a package from another one: below it, or below one of its ancestors. */
function placeOf(name: string, from: string, packages: Readonly<Record<string, Locked>>): string | undefined {
  for (let above = from; ; above = above.slice(0, Math.max(above.lastIndexOf('/node_modules/'), 0))) {
    const place = `${above === '' ? '' : `${above}/`}node_modules/${name}`;
    if (place in packages) return place;
    if (above === '') return undefined;
  }
}

/** Returns the size of a directory in bytes, without nested packages. */
function bytesIn(directory: string): number {
  return readdirSync(directory, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? sum : sum + bytesIn(path);
    return sum + statSync(path).size;
  }, 0);
}

function packedBytes(): number {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--silent'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as readonly {
    readonly unpackedSize: number;
  }[];
  return packed?.unpackedSize ?? Number.NaN;
}
