import { PathTree } from '../kit/path-tree.ts';
import type { LayerIndex, LayerNode } from '../model/layer-index.ts';
import { Resolver } from './resolver.ts';

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

/** What stands at the wanted paths and above them when layers are laid over each other. */
export interface FileTree {
  /** By real path: what a layer has below a link of the layers under it lies where the link leads to. */
  readonly places: PathTree<Seen>;
  readonly resolver: Resolver;
  /** Members and markers that runtimes lay down differently. */
  readonly doubts: readonly Doubt[];
}

/** A path of a layer that lies below a link of a lower one. */
export interface Doubt {
  readonly path: string;
  readonly layer: number;
}

/**
 * Lays layers over each other, the lowest first. OCI image-spec, "Applying Changesets": whiteouts and opaque markers act on
 * the layers below only, whatever their place in the archive; anything but a directory over a directory removes what was there.
 * The directory of a member is looked up in what is there already, links followed, as unpackers do.
 */
export function fileTree(layers: readonly LayerIndex[]): FileTree {
  const places = new PathTree<Seen>();
  const doubts: Doubt[] = [];
  for (const [layer, index] of layers.entries()) {
    doubts.push(...doubtsOf(places, index).map((path) => ({ path, layer })));
    hide(places, index);
    new Placing(places, layer).placeAll(index.nodes);
  }
  return { places, resolver: resolverOf(places), doubts };
}

/**
 * What a layer has below links of lower layers. Runtimes that unpack onto one tree follow the link. Those that unpack each layer by
 * itself make a directory in its place.
 */
function doubtsOf(places: PathTree<Seen>, { nodes, whiteouts, opaques }: LayerIndex): string[] {
  const own = new Set(nodes.map(({ path }) => path));
  const isBelowLink = (path: string): boolean => {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const above = path.slice(0, slash);
      if (own.has(above)) return false;
      if (places.get(above)?.node.kind === 'symbolic-link') return true;
    }
    return false;
  };
  return [
    ...nodes.flatMap(({ path }) => (isBelowLink(path) ? [path] : [])),
    ...whiteouts.filter(isBelowLink),
    ...opaques.filter((path) => isBelowLink(`${path}/`)),
  ];
}

function resolverOf(places: PathTree<Seen>): Resolver {
  return new Resolver({ at: (path) => places.get(path)?.node, reaches: (path) => places.reaches(path) });
}

/** Takes away what the markers of a layer hide. A link of a lower layer that this one replaces leads them nowhere. */
function hide(places: PathTree<Seen>, { whiteouts, opaques, nodes }: LayerIndex): void {
  if (whiteouts.length === 0 && opaques.length === 0) return;
  const own = new PathTree<LayerNode>();
  for (const node of nodes) own.set(node.path, node);
  const resolver = new Resolver({
    at: (path) => own.get(path) ?? places.get(path)?.node,
    reaches: (path) => own.reaches(path) || places.reaches(path),
  });
  // All of them are looked up before the first of them hides anything.
  const removed = whiteouts.flatMap((path) => resolver.placeOf(path) ?? []);
  const emptied = opaques.flatMap((path) => resolver.real(path) ?? []);
  for (const path of removed) places.remove(path);
  for (const path of emptied) places.removeBelow(path);
}

/** Puts what one layer has over what is there. */
class Placing {
  readonly #places: PathTree<Seen>;
  readonly #layer: number;
  #resolver: Resolver;

  constructor(places: PathTree<Seen>, layer: number) {
    this.#places = places;
    this.#layer = layer;
    this.#resolver = resolverOf(places);
  }

  placeAll(nodes: readonly LayerNode[]): void {
    for (const node of nodes) this.#place(node, this.#resolver.placeOf(node.path) ?? node.path);
  }

  #place(node: LayerNode, path: string): void {
    this.#makeDirectories(path);
    if (node.kind === 'directory' && this.#places.get(path)?.node.kind === 'directory') return;
    const seen = node.kind === 'hard-link' ? this.#hardLinked(node) : seenAt(node, this.#layer);
    this.#places.removeBelow(path);
    this.#set(path, seen);
  }

  /** A child makes directories of all above it, whatever the layers below had there. */
  #makeDirectories(path: string): void {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const above = path.slice(0, slash);
      const seen = this.#places.get(above);
      if (seen === undefined || (seen.node.kind !== 'directory' && seen.layer < this.#layer))
        this.#set(above, { node: { path: above, kind: 'directory' }, layer: this.#layer });
    }
  }

  #set(path: string, seen: Seen): void {
    const isLink =
      seen.node.kind === 'symbolic-link' || this.#places.get(path)?.node.kind === 'symbolic-link';
    this.#places.set(path, seen);
    if (isLink) this.#resolver = resolverOf(this.#places);
  }

  /** A hard link is one more name of what its target is at that moment: a file, or a symbolic link, here or in a lower layer. */
  #hardLinked(node: Extract<LayerNode, { readonly target: string }>): Seen {
    const target = node.target.replace(/^(\.?\/)+/, '');
    const real = this.#resolver.placeOf(target) ?? target;
    const linked = this.#places.get(real);
    if (linked?.node.kind === 'symbolic-link')
      return {
        node: { path: node.path, kind: 'symbolic-link', target: linked.node.target },
        layer: this.#layer,
      };
    // A target that nobody wanted was not kept, and lies in this layer or in a lower one.
    return { node, layer: this.#layer, content: linked?.content ?? { path: real, layer: this.#layer } };
  }
}

function seenAt(node: LayerNode, layer: number): Seen {
  return node.kind === 'file' ? { node, layer, content: { path: node.path, layer } } : { node, layer };
}
