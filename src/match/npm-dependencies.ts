import { limits } from '../core/limits.ts';
import { PathTree } from '../kit/path-tree.ts';
import { symbolicLinkPath } from '../kit/tar/path.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { ListedPackage } from '../model/package.ts';
import { removeReplaced, type SquashedLocation } from './package-files.ts';

/** The relevant part of a package of an image. */
interface InstalledPackage {
  readonly package: Pick<ListedPackage, 'type'>;
  /** All its locations. Absent for packages of package databases, which are not those of npm. */
  readonly locations?: readonly SquashedLocation[];
}

/** Targets of symbolic links by path. Neither has a leading slash. */
export type PackageLinks = ReadonlyMap<string, string>;

/** Returns the symbolic links in the image that have the names of npm packages, as pnpm makes them. */
export function npmLinks(layers: readonly LayerIndex[]): PackageLinks {
  const links = new PathTree<string>();
  for (const index of layers) {
    if (links.size > 0) removeReplaced(links, index);
    for (const { by, path, target } of index.evidence.links)
      if (by === 'symbolic-link' && path.includes(modulesPart))
        links.set(path, symbolicLinkPath(path, target));
  }
  return new Map(links);
}

/**
 * Returns the indexes of the npm packages that each package of an image requires, as Node.js finds them: in the nearest `node_modules` of
 * its directory or of one above. Links lead to their targets. Undefined for other packages, and if the requirements are unknown or not
 * installed. Node.js, "Modules: CommonJS modules", `LOAD_NODE_MODULES`.
 */
export function npmDependenciesOf(
  packages: readonly InstalledPackage[],
  links: PackageLinks,
): (readonly number[] | undefined)[] {
  const modules = new InstalledModules(packages, links);
  let left: number = limits.dependenciesPerImage;
  return packages.map((found, i) => {
    const requiring = npmLocations(found).filter((location) => location.package.requires !== undefined);
    const count = requiring.reduce((sum, location) => sum + (location.package.requires?.length ?? 0), 0);
    if (requiring.length === 0 || left < count) return undefined;
    left -= count;
    const needed = new Set(requiring.flatMap((location) => modules.requiredBy(location)));
    needed.delete(i);
    return needed.size === 0 && count > 0 ? undefined : [...needed].sort((a, b) => a - b);
  });
}

const manifest = '/package.json';
const modulesPart = 'node_modules/';
const modulesName = 'node_modules';
/** Links that lead to other links. Those of pnpm lead to directories. */
const linkHopsMax = 8;

function npmLocations({ package: { type }, locations = [] }: InstalledPackage): SquashedLocation[] {
  return type !== 'npm'
    ? []
    : locations.filter(
        ({ path, package: found }) =>
          found.archivePath === undefined && path.endsWith(manifest) && path.includes(modulesPart),
      );
}

/** The packages in each directory `node_modules` by the names of their directories. */
class InstalledModules {
  readonly #byDirectory = new Map<string, Map<string, number>>();

  constructor(packages: readonly InstalledPackage[], links: PackageLinks) {
    const byPath = new Map<string, number>();
    for (const [i, found] of packages.entries())
      for (const { path } of npmLocations(found)) byPath.set(path.slice(0, -manifest.length), i);
    for (const [path, i] of byPath) this.#add(path, i);
    for (const path of links.keys()) {
      const i = byPath.has(path) ? undefined : byPath.get(targetOf(path, links));
      if (i !== undefined) this.#add(path, i);
    }
  }

  #add(path: string, i: number): void {
    const nameStart = path.lastIndexOf(modulesPart) + modulesPart.length;
    const directory = path.slice(0, nameStart - 1);
    const names = this.#byDirectory.get(directory);
    if (names === undefined) this.#byDirectory.set(directory, new Map([[path.slice(nameStart), i]]));
    else names.set(path.slice(nameStart), i);
  }

  /** Returns the packages that the package at a location requires. */
  requiredBy({ path, package: { requires = [] } }: SquashedLocation): number[] {
    const places = this.#placesFor(path.slice(0, -manifest.length));
    return requires.flatMap((name) => places.find((names) => names.has(name))?.get(name) ?? []);
  }

  /** Returns the packages in each `node_modules` that a package can load from, the nearest first. */
  #placesFor(directory: string): ReadonlyMap<string, number>[] {
    const places: ReadonlyMap<string, number>[] = [];
    for (
      let end = directory.length;
      end >= 0;
      end = end === 0 ? -1 : Math.max(directory.lastIndexOf('/', end - 1), 0)
    ) {
      const above = directory.slice(0, end);
      if (above === modulesName || above.endsWith(`/${modulesName}`)) continue;
      const names = this.#byDirectory.get(above === '' ? modulesName : `${above}/${modulesName}`);
      if (names !== undefined) places.push(names);
    }
    return places;
  }
}

/** Returns the path that a link leads to in the end. */
function targetOf(path: string, links: PackageLinks): string {
  let target = path;
  for (let hops = 0; hops < linkHopsMax; hops++) {
    const next = links.get(target);
    if (next === undefined) break;
    target = next;
  }
  return target;
}
