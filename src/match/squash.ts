import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { ExtensionProblem, LayerIndex, LayerPackages } from '../model/layer-index.ts';
import { compareText } from '../model/order.ts';
import type { ListedPackage } from '../model/package.ts';
import { patternSet } from '../plugin/layer-files.ts';
import { type ImageEvidence, squashEvidence } from './evidence.ts';
import { type FileOwner, fileOwners } from './file-owners.ts';
import { mismatchedPairs } from './file-pairs.ts';
import {
  type Ambiguity,
  type ContentLocation,
  type FileTree,
  fileTree,
  realPaths,
  type TreeEntry,
} from './file-tree.ts';
import { ImageSize } from './image-size.ts';
import { type LinkTarget, linkAliases, type ScannedPaths, unresolvedLinks } from './links.ts';
import { npmLinks, type PackageLinks } from './npm-dependencies.ts';
import { identityOf, type SquashedLocation, squashPackageFiles } from './package-files.ts';
import { RemovedPaths } from './removed-paths.ts';

/** A package of the squashed image. */
export interface SquashedPackage {
  readonly package: ListedPackage;
  readonly path: string;
  readonly lister: string;
  /** Position of the layer that introduced it. The lowest is 0. */
  readonly layer: number;
  /** Repositories that the packages of its layer come from, if the image declares them. */
  readonly repositories: readonly string[];
  /** All locations of a package that files at any depth list. Absent for packages of databases. */
  readonly locations?: readonly SquashedLocation[];
}

/** A problem with the position of its layer. */
export interface SquashedProblem extends ExtensionProblem {
  readonly layer: number;
}

/** The content that a container of the image would see at the wanted paths. */
export interface SquashedImage {
  /** Contents by every wanted path that leads to them, links followed. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly packages: readonly SquashedPackage[];
  /** The packages that own files which could be language packages, programs or libraries by themselves. */
  readonly owners: ReadonlyMap<string, FileOwner>;
  readonly evidence: ImageEvidence;
  readonly problems: readonly SquashedProblem[];
  /** Links with the names of npm packages. */
  readonly npmLinks: PackageLinks;
  /** Link targets that were not read. Read the layers again with these places to complete the image. */
  readonly unresolvedLinks: readonly LinkTarget[];
}

/** Squashes layers, the lowest first, and returns the visible content. */
export function squash(layers: readonly LayerIndex[], scanned: ScannedPaths): SquashedImage {
  const size = new ImageSize();
  for (const layer of layers) size.add(layer);
  const tree = fileTree(layers);
  const visible = visibleEntries(tree, scanned);
  const owners = fileOwners(tree, visible, layers);
  const real = realPaths(tree);
  const packageFiles = squashPackageFiles(real, layers);
  const ofDatabases = visiblePackages(visible, layers);
  return {
    files: visibleFiles(tree, layers, scanned.links),
    packages: assertPackageCount([...ofDatabases, ...packageFiles.packages]),
    owners,
    npmLinks: npmLinks(layers),
    evidence: squashEvidence(real, layers, { owners, listed: withStores(packageFiles.read, ofDatabases) }),
    problems: [
      ...visibleProblems(tree, layers),
      ...packageFiles.problems,
      ...mismatchedPairs(tree, layers),
      ...tree.ambiguities.map(problemOf),
      ...missingHardLinkTargets(visible, layers),
    ],
    unresolvedLinks: unresolvedLinks(tree, scanned),
  };
}

/** Adds the databases of stores of packages to the files from which packages are listed. They also name the directories of these stores. */
function withStores(read: ReadonlySet<string>, packages: readonly SquashedPackage[]): ReadonlySet<string> {
  const stores = packages.filter(({ lister }) => lister === 'nix' || lister === 'guix');
  return stores.length === 0 ? read : new Set([...read, ...stores.map(({ path }) => path)]);
}

function problemOf(ambiguity: Ambiguity): SquashedProblem {
  return { extension: 'layer', ...ambiguity };
}

/** Hard links whose content is in none of the files that were read. */
function missingHardLinkTargets(
  visible: readonly (readonly [string, TreeEntry])[],
  layers: readonly LayerIndex[],
): SquashedProblem[] {
  const isFile = ({ path, layer }: ContentLocation): boolean =>
    layers[layer]?.nodes.some((node) => node.kind === 'file' && node.path === path) === true;
  return visible.flatMap(([path, { node, layer, content }]) => {
    if (node.kind !== 'hard-link' || content === undefined || isFile(content)) return [];
    const message = `is a hard link to ${node.target}, and its content was not found`;
    return [{ extension: 'layer', path, message, layer }];
  });
}

/** The files at wanted paths, and those that symbolic links at wanted paths lead to. */
function visibleEntries(tree: FileTree, { patterns, links }: ScannedPaths): [string, TreeEntry][] {
  const linked = links.filter(({ by }) => by === 'path').map(({ target }) => target);
  const visiblePatterns = patternSet([...patterns, ...linked]);
  return [...tree.entries].filter(
    ([path, { content }]) => content !== undefined && visiblePatterns.find(path) !== undefined,
  );
}

function visibleFiles(
  tree: FileTree,
  layers: readonly LayerIndex[],
  links: readonly LinkTarget[],
): Map<string, Uint8Array> {
  const contents = layers.map((index) => new Map(index.contents.map((file) => [file.path, file.content])));
  const bytesOf = (content: TreeEntry['content']) => content && contents[content.layer]?.get(content.path);
  const wantedPathsOf = linkAliases(links);
  const files = new Map<string, Uint8Array>();
  for (const [path, { node, content: own }] of tree.entries) {
    // Most files are package databases, whose content is not kept.
    if (node.kind === 'file' && own !== undefined && bytesOf(own) === undefined) continue;
    const real = tree.resolver.realFile(path);
    const bytes = real === undefined ? undefined : bytesOf(tree.entries.get(real)?.content);
    if (bytes === undefined) continue;
    files.set(path, bytes);
    for (const wanted of wantedPathsOf(path))
      if (tree.resolver.real(wanted) === real && !files.has(wanted)) files.set(wanted, bytes);
  }
  return files;
}

/** Lists each package once, even if several files list it, such as `status` and `status.d`. */
function visiblePackages(
  visible: readonly (readonly [string, TreeEntry])[],
  layers: readonly LayerIndex[],
): SquashedPackage[] {
  const packages = new Map<string, SquashedPackage>();
  const repositories = repositoriesByLayer(layers);
  const listings = layers.map((index) => ({
    byPath: Map.groupBy(index.packages, (listed) => listed.path),
    removed: new RemovedPaths(index),
  }));
  for (const [path, { content, layer }] of visible) {
    for (const listed of listings[content?.layer ?? layer]?.byPath.get(content?.path ?? path) ?? []) {
      const introduced = introducingLayers(listings, { ...listed, path }, layer);
      for (const [i, item] of listed.packages.entries())
        add(packages, { package: item, path, lister: listed.lister, layer: introduced[i] ?? layer });
    }
  }
  return Array.from(packages.values(), (found) => ({
    ...found,
    repositories: repositories[found.layer] ?? [],
  }));
}

function assertPackageCount(packages: SquashedPackage[]): SquashedPackage[] {
  if (packages.length <= limits.imagePackages) return packages;
  throw new ClairError('limit-exceeded', `the image has more than ${limits.imagePackages} packages`, {
    limit: 'imagePackages',
  });
}

type FoundPackage = Omit<SquashedPackage, 'repositories'>;

/** If two places list a package, keeps that of the lower layer, then the one that sorts first. */
function add(packages: Map<string, FoundPackage>, found: FoundPackage): void {
  const identity = identityOf(found.package, found.lister);
  const existing = packages.get(identity);
  if (existing === undefined || (existing.layer - found.layer || compareText(existing.path, found.path)) > 0)
    packages.set(identity, found);
}

/** The results of the listers for one layer, by path, and the removals of the layer. */
interface Listings {
  readonly byPath: ReadonlyMap<string, readonly LayerPackages[]>;
  readonly removed: RemovedPaths;
}

/**
 * The layer that introduced each package: the lowest from which on every copy of the database has this name, version and arch. A layer that
 * removes the database removes its packages.
 */
function introducingLayers(listings: readonly Listings[], listed: LayerPackages, top: number): number[] {
  const introduced = listed.packages.map(() => top);
  let open = listed.packages.map((_, i) => i);
  for (let layer = top - 1; layer >= 0 && open.length > 0; layer--) {
    const below = listings[layer]?.byPath.get(listed.path)?.find(({ lister }) => lister === listed.lister);
    if (below === undefined && listings[layer]?.removed.has(listed.path) === true) break;
    if (below === undefined) continue;
    const names = new Set(below.packages.map((item) => identityOf(item)));
    open = open.filter((i) => {
      const item = listed.packages[i];
      return item !== undefined && names.has(identityOf(item));
    });
    for (const i of open) introduced[i] = layer;
  }
  return introduced;
}

/**
 * The repositories in the manifest of each layer. Red Hat's base layers have no manifest, nor do the layers of its customers. They get
 * those of the nearest layer below, and base layers those of the nearest above.
 */
function repositoriesByLayer(layers: readonly LayerIndex[]): (readonly string[])[] {
  const own = layers.map(({ repositories }) => [
    ...new Set(repositories.flatMap(({ names }) => names).sort(compareText)),
  ]);
  const result: (readonly string[])[] = [];
  let nearest = own.find((names) => names.length > 0) ?? [];
  for (const names of own) {
    if (names.length > 0) nearest = names;
    result.push(nearest);
  }
  return result;
}

/**
 * Problems of the visible image. Those of files that a later layer replaced do not count. Problems without a known path count, and so do
 * irregularities of a layer's archive: further members may depend on them.
 */
function visibleProblems(tree: FileTree, layers: readonly LayerIndex[]): SquashedProblem[] {
  const contents = new Set(
    [...tree.entries.values()].map(({ content }) => content && `${content.layer} ${content.path}`),
  );
  return layers.flatMap((index, layer) => {
    const listedPaths = new Set(index.nodes.map(({ path }) => path));
    return index.problems
      .filter(
        ({ extension, path }) =>
          extension === 'layer' ||
          !listedPaths.has(path) ||
          contents.has(`${layer} ${path}`) ||
          isShown(tree, path, layer),
      )
      .map((problem) => ({ ...problem, layer }));
  });
}

/** Returns whether the entry of a layer at a path is visible, be it a file or not. */
function isShown(tree: FileTree, path: string, layer: number): boolean {
  return tree.entries.get(path)?.layer === layer;
}
