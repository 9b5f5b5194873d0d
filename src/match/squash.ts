import { limits } from '../kit/limits.ts';
import type {
  ExtensionProblem,
  LayerFile,
  LayerIndex,
  LayerNode,
  LayerPackages,
} from '../model/layer-index.ts';
import type { ListedPackage } from '../model/package.ts';

/** A package as the squashed image has it. */
export interface SquashedPackage {
  readonly package: ListedPackage;
  readonly path: string;
  readonly lister: string;
  /** Position of the layer that brought it, the lowest being 0. */
  readonly layer: number;
}

/** A problem, and the layer it lies in. */
export interface SquashedProblem extends ExtensionProblem {
  readonly layer: number;
}

/** What a container of the image would see at the wanted paths. */
export interface SquashedImage {
  /** Contents by every wanted path that leads to them, links followed. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly packages: readonly SquashedPackage[];
  readonly problems: readonly SquashedProblem[];
}

interface Seen {
  readonly node: LayerNode;
  readonly layer: number;
}

/**
 * Lays layers over each other, the lowest first. OCI image-spec, "Applying Changesets": whiteouts and opaque markers act on
 * the layers below only, whatever their place in the archive; anything but a directory over a directory removes what was there.
 */
export function squash(layers: readonly LayerIndex[]): SquashedImage {
  const tree = new Map<string, Seen>();
  for (const [layer, index] of layers.entries()) {
    hide(tree, index);
    for (const node of index.nodes) place(tree, node, layer);
  }
  const contents = layers.map((index) => new Map(index.contents.map((file) => [file.path, file])));
  return {
    files: visibleFiles(tree, contents),
    packages: visiblePackages(tree, layers),
    problems: visibleProblems(tree, layers),
  };
}

/** Takes away what the markers of a layer hide: one look at each path, however many markers there are. */
function hide(tree: Map<string, Seen>, { whiteouts, opaques }: LayerIndex): void {
  if (whiteouts.length === 0 && opaques.length === 0) return;
  const removed = new Set(whiteouts);
  const hidden = new Set(opaques);
  const isHidden = (path: string): boolean =>
    removed.has(path) ||
    hidden.has('') ||
    directoriesAbove(path).some((above) => removed.has(above) || hidden.has(above));
  for (const path of [...tree.keys()]) if (isHidden(path)) tree.delete(path);
}

function directoriesAbove(path: string): string[] {
  const above: string[] = [];
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    above.push(path.slice(0, slash));
  return above;
}

function place(tree: Map<string, Seen>, node: LayerNode, layer: number): void {
  for (const above of directoriesAbove(node.path)) {
    // A child makes a directory of its parent, whatever the layers below had there.
    const seen = tree.get(above);
    if (seen === undefined || (seen.node.kind !== 'directory' && seen.layer < layer)) {
      tree.set(above, { node: { path: above, kind: 'directory' }, layer });
    }
  }
  const under = tree.get(node.path);
  const wasDirectory = under?.node.kind === 'directory';
  if (wasDirectory && node.kind === 'directory') return;
  if (wasDirectory) removeBelow(tree, node.path);
  tree.set(node.path, { node, layer });
}

function removeBelow(tree: Map<string, Seen>, directory: string): void {
  const prefix = `${directory}/`;
  for (const path of [...tree.keys()]) if (path.startsWith(prefix)) tree.delete(path);
}

/** The real path a path leads to when links are followed inside the image; undefined at a loop. */
function resolve(tree: ReadonlyMap<string, Seen>, path: string): string | undefined {
  let parts = path.split('/');
  let done: string[] = [];
  for (let depth = 0; parts.length > 0; ) {
    const [part = '', ...rest] = parts;
    parts = rest;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const here = [...done, part];
    const node = tree.get(here.join('/'))?.node;
    if (node?.kind !== 'symbolic-link') {
      done = here;
      continue;
    }
    if (++depth > limits.linkDepth) return undefined;
    if (node.target.startsWith('/')) done = [];
    parts = [...node.target.split('/'), ...parts];
  }
  return done.join('/');
}

function visibleFiles(
  tree: ReadonlyMap<string, Seen>,
  contents: readonly ReadonlyMap<string, LayerFile>[],
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const path of tree.keys()) {
    const file = contentAt(tree, path, contents);
    if (file !== undefined) files.set(path, file.content);
  }
  return files;
}

function contentAt(
  tree: ReadonlyMap<string, Seen>,
  path: string,
  contents: readonly ReadonlyMap<string, LayerFile>[],
): LayerFile | undefined {
  const real = resolve(tree, path);
  const seen = real === undefined ? undefined : tree.get(real);
  if (real === undefined || seen === undefined) return undefined;
  if (seen.node.kind !== 'hard-link') return contents[seen.layer]?.get(real);
  const target = seen.node.target.replace(/^(\.?\/)+/, '');
  return target === path ? undefined : contents[seen.layer]?.get(target);
}

function visiblePackages(tree: ReadonlyMap<string, Seen>, layers: readonly LayerIndex[]): SquashedPackage[] {
  const packages: SquashedPackage[] = [];
  for (const [layer, index] of layers.entries()) {
    for (const listed of index.packages) {
      const seen = tree.get(listed.path);
      if (seen?.layer !== layer || seen.node.kind !== 'file') continue;
      const brought = broughtBy(layers, listed, layer);
      for (const [i, item] of listed.packages.entries()) {
        packages.push({
          package: item,
          path: listed.path,
          lister: listed.lister,
          layer: brought[i] ?? layer,
        });
      }
    }
  }
  return packages;
}

/** The layer that brought each package: the lowest from which on every copy of the database has this name, version and arch. */
function broughtBy(layers: readonly LayerIndex[], listed: LayerPackages, top: number): number[] {
  const brought = listed.packages.map(() => top);
  let open = listed.packages.map((_, i) => i);
  for (let layer = top - 1; layer >= 0 && open.length > 0; layer--) {
    const below = layers[layer]?.packages.find(
      ({ path, lister }) => path === listed.path && lister === listed.lister,
    );
    if (below === undefined) continue;
    const names = new Set(below.packages.map(identityOf));
    open = open.filter((i) => {
      const item = listed.packages[i];
      return item !== undefined && names.has(identityOf(item));
    });
    for (const i of open) brought[i] = layer;
  }
  return brought;
}

function identityOf({ name, version, arch }: ListedPackage): string {
  return `${name}\n${version}\n${arch ?? ''}`;
}

/** Problems of files that a later layer replaced do not matter; a problem without a known path does. */
function visibleProblems(tree: ReadonlyMap<string, Seen>, layers: readonly LayerIndex[]): SquashedProblem[] {
  const problems: SquashedProblem[] = [];
  for (const [layer, index] of layers.entries()) {
    for (const problem of index.problems) {
      const seen = tree.get(problem.path);
      if (seen === undefined ? !wasFile(index, problem.path) : seen.layer === layer)
        problems.push({ ...problem, layer });
    }
  }
  return problems;
}

function wasFile(index: LayerIndex, path: string): boolean {
  return index.nodes.some((node) => node.path === path);
}
