import { PathTree } from '../kit/path-tree.ts';
import { boundedPath } from '../kit/tar/path.ts';
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
  /** Of a hard link to a symbolic link, the path of that: a layer may have something else there that was not looked at. */
  readonly twin?: string;
}

/** What stands at the wanted paths and above them when layers are laid over each other. */
export interface FileTree {
  /** By real path: what a layer has below a link of the layers under it lies where the link leads to. */
  readonly places: PathTree<Seen>;
  readonly resolver: Resolver;
  /** Where each link led when its layer was laid down: a later layer may have set it anew. */
  readonly ledThen: ReadonlyMap<string, ReadonlySet<string>>;
  /** Members and markers that runtimes lay down differently. */
  readonly doubts: readonly Doubt[];
}

/** A path of a layer, and why runtimes differ there. */
export interface Doubt {
  readonly path: string;
  readonly layer: number;
  readonly message: string;
}

/**
 * Lays layers over each other, the lowest first. OCI image-spec, "Applying Changesets": whiteouts and opaque markers act on
 * the layers below only, whatever their place in the archive; anything but a directory over a directory removes what was there.
 * The directory of a member is looked up in what is there already, links followed, as unpackers do.
 */
export function fileTree(layers: readonly LayerIndex[]): FileTree {
  const places = new PathTree<Seen>();
  const doubts: Doubt[] = [];
  const ledThen = new Map<string, Set<string>>();
  for (const [layer, index] of layers.entries()) {
    const linked = linkedBelow(places, index);
    // Nothing lies below the lowest layer.
    if (places.size > 0) {
      const own = nodesOf(index);
      doubts.push(...doubtsOf(places, own, index).map((doubt) => ({ ...doubt, layer })));
      hide(places, own, index);
    }
    new Placing(places, layer, linked).placeAll(index.nodes);
    noteLinks(ledThen, places, index);
  }
  return { places, resolver: resolverOf(places), ledThen, doubts };
}

/**
 * What a layer has below links of lower layers. Runtimes that unpack onto one tree follow the link. Those that unpack each layer by
 * itself make a directory in its place.
 */
function doubtsOf(
  places: PathTree<Seen>,
  own: PathTree<LayerNode>,
  index: LayerIndex,
): Omit<Doubt, 'layer'>[] {
  const below = pathsBelowLinks(new Below(places, own, index), index);
  const resolver = ownResolver(places, own);
  const isRoot = index.opaques.some((path) => resolver.real(path) === '');
  return isRoot ? [...below, { path: '.wh..wh..opq', message: opaqueRoot }] : below;
}

const belowLink =
  'lies below a link of a lower layer: some runtimes follow the link, others put a directory in its place';
const belowFile =
  'lies below a link to a file of a lower layer: some runtimes put a directory in its place, others refuse it';
const opaqueRoot =
  'marks the root as opaque: some runtimes hide all lower layers, with others they stay visible';

/** Paths that links of the layer itself lead below a link or a file of a lower one, or that lie there by their own names. */
function pathsBelowLinks(below: Below, { nodes, whiteouts, opaques }: LayerIndex): Omit<Doubt, 'layer'>[] {
  const doubt = (path: string, place: string = path, order: number = 0): Omit<Doubt, 'layer'>[] => {
    const message = below.doubtAt(place, order);
    return message === undefined ? [] : [{ path, message }];
  };
  return [
    ...nodes.flatMap(({ path }, i) => doubt(path, path, i)),
    ...whiteouts.flatMap((path) => doubt(path)),
    ...opaques.flatMap((path) => doubt(path, `${path}/.`)),
  ];
}

/** What lies below a layer that unpacks by itself. */
class Below {
  readonly #places: PathTree<Seen>;
  readonly #own: PathTree<LayerNode>;
  readonly #alone: Resolver;
  /** When each of its own members comes. */
  readonly #order: ReadonlyMap<string, number>;

  constructor(places: PathTree<Seen>, own: PathTree<LayerNode>, index: LayerIndex) {
    this.#places = places;
    this.#own = own;
    this.#alone = new Resolver({ at: (path) => own.get(path), reaches: (path) => own.reaches(path) });
    this.#order = new Map(index.nodes.map(({ path }, i) => [path, i]));
  }

  /** Why runtimes differ in where a member lies that comes then; undefined where they do not. */
  doubtAt(path: string, order: number): string | undefined {
    const laid = this.#alone.placeOf(path) ?? path;
    for (let slash = laid.indexOf('/'); slash >= 0; slash = laid.indexOf('/', slash + 1)) {
      const above = laid.slice(0, slash);
      const lower = this.#places.get(above)?.node.kind;
      if (lower === 'symbolic-link') return this.#isReplaced(above, order) ? undefined : belowLink;
      const own = this.#own.get(above);
      if (own !== undefined && own.kind !== 'directory') return undefined;
      if (isFile(lower) && laid !== path) return belowFile;
    }
    return undefined;
  }

  /** Whether the layer has something of its own in the place of a lower link by then. */
  #isReplaced(path: string, order: number): boolean {
    const replaced = this.#order.get(path);
    return replaced !== undefined && replaced < order;
  }
}

function isFile(kind: LayerNode['kind'] | undefined): boolean {
  return kind !== undefined && kind !== 'directory';
}

function noteLinks(led: Map<string, Set<string>>, places: PathTree<Seen>, { nodes }: LayerIndex): void {
  const resolver = resolverOf(places);
  for (const { path, kind } of nodes) {
    const link = kind === 'file' || kind === 'directory' ? undefined : (resolver.placeOf(path) ?? path);
    if (link === undefined || places.get(link)?.node.kind !== 'symbolic-link') continue;
    const real = resolver.real(link);
    if (real !== undefined) led.set(link, (led.get(link) ?? new Set()).add(real));
  }
}

function nodesOf({ nodes }: LayerIndex): PathTree<LayerNode> {
  const own = new PathTree<LayerNode>();
  for (const node of nodes) own.set(node.path, node);
  return own;
}

function resolverOf(places: PathTree<Seen>): Resolver {
  return new Resolver({ at: (path) => places.get(path)?.node, reaches: (path) => places.reaches(path) });
}

/** What hard links of a layer share with the layers below, by their paths: its markers may hide that afterwards. */
function linkedBelow(places: PathTree<Seen>, { nodes }: LayerIndex): ReadonlyMap<string, Seen> {
  const resolver = resolverOf(places);
  return new Map(
    nodes.flatMap((node) => {
      const linked =
        node.kind === 'hard-link' ? places.get(resolver.placeOf(boundedPath(node.target)) ?? '') : undefined;
      return linked === undefined ? [] : [[node.path, linked]];
    }),
  );
}

/** Follows the links of a layer, and those of lower layers that it does not replace. */
function ownResolver(places: PathTree<Seen>, own: PathTree<LayerNode>): Resolver {
  return new Resolver({
    at: (path) => own.get(path) ?? places.get(path)?.node,
    reaches: (path) => own.reaches(path) || places.reaches(path),
  });
}

/** Takes away what the markers of a layer hide. A link of a lower layer that this one replaces leads them nowhere. */
function hide(places: PathTree<Seen>, own: PathTree<LayerNode>, { whiteouts, opaques }: LayerIndex): void {
  if (whiteouts.length === 0 && opaques.length === 0) return;
  const resolver = ownResolver(places, own);
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
  readonly #linked: ReadonlyMap<string, Seen>;
  #resolver: Resolver;

  constructor(places: PathTree<Seen>, layer: number, linked: ReadonlyMap<string, Seen>) {
    this.#places = places;
    this.#layer = layer;
    this.#linked = linked;
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
    const target = boundedPath(node.target);
    const real = this.#resolver.placeOf(target) ?? target;
    const linked = this.#places.get(real) ?? this.#linked.get(node.path);
    if (linked?.node.kind === 'symbolic-link')
      return {
        node: { path: node.path, kind: 'symbolic-link', target: linked.node.target },
        layer: this.#layer,
        twin: real,
      };
    // A target that nobody wanted was not kept, and lies in this layer or in a lower one.
    return { node, layer: this.#layer, content: linked?.content ?? { path: real, layer: this.#layer } };
  }
}

function seenAt(node: LayerNode, layer: number): Seen {
  return node.kind === 'file' ? { node, layer, content: { path: node.path, layer } } : { node, layer };
}
