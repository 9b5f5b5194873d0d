import { limits } from '../kit/limits.ts';
import type { LayerIndex, LayerNode } from '../model/layer-index.ts';

/** Where the bytes of a file came in: a hard link shares those of another path, perhaps of a lower layer. */
export interface ContentPlace {
  readonly path: string;
  readonly layer: number;
}

/** Something at a path of the squashed image, and the layer that put it there, the lowest being 0. */
export interface Seen {
  readonly node: LayerNode;
  readonly layer: number;
  /** Present for files. */
  readonly content?: ContentPlace;
}

/** What stands at the wanted paths and above them when layers are laid over each other, by path. */
export type FileTree = ReadonlyMap<string, Seen>;

/**
 * Lays layers over each other, the lowest first. OCI image-spec, "Applying Changesets": whiteouts and opaque markers act on
 * the layers below only, whatever their place in the archive; anything but a directory over a directory removes what was there.
 */
export function fileTree(layers: readonly LayerIndex[]): FileTree {
  const tree = new Map<string, Seen>();
  for (const [layer, index] of layers.entries()) {
    hide(tree, index);
    for (const node of index.nodes) place(tree, node, layer);
  }
  return tree;
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
  const wasDirectory = tree.get(node.path)?.node.kind === 'directory';
  if (wasDirectory && node.kind === 'directory') return;
  const seen = node.kind === 'hard-link' ? hardLinked(tree, node, layer) : seenAt(node, layer);
  if (wasDirectory) removeBelow(tree, node.path);
  tree.set(node.path, seen);
}

function seenAt(node: LayerNode, layer: number): Seen {
  return node.kind === 'file' ? { node, layer, content: { path: node.path, layer } } : { node, layer };
}

/** A hard link is one more name of what its target is at that moment: a file, or a symbolic link, here or in a lower layer. */
function hardLinked(
  tree: FileTree,
  node: Extract<LayerNode, { readonly target: string }>,
  layer: number,
): Seen {
  const target = node.target.replace(/^(\.?\/)+/, '');
  const slash = target.lastIndexOf('/');
  const directory = slash === -1 ? '' : resolve(tree, target.slice(0, slash));
  const real = directory ? `${directory}${target.slice(slash)}` : target.slice(slash + 1);
  const linked = tree.get(directory === undefined ? target : real);
  if (linked?.node.kind === 'symbolic-link')
    return { node: { path: node.path, kind: 'symbolic-link', target: linked.node.target }, layer };
  // A target that nobody wanted was not kept, and lies in this layer or in a lower one.
  return {
    node,
    layer,
    content: linked?.content ?? { path: directory === undefined ? target : real, layer },
  };
}

function removeBelow(tree: Map<string, Seen>, directory: string): void {
  const prefix = `${directory}/`;
  for (const path of [...tree.keys()]) if (path.startsWith(prefix)) tree.delete(path);
}

/** The real path a path leads to when links are followed inside the image; undefined at a loop. */
export function resolve(tree: FileTree, path: string): string | undefined {
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
