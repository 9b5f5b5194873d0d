import { limits } from '../core/limits.ts';
import { PathTree } from '../kit/path-tree.ts';
import { baseOf, boundedPath, parentOf } from '../kit/tar/path.ts';
import type { LayerIndex, LayerNode } from '../model/layer-index.ts';
import { LinkResolver } from './link-resolver.ts';

/** The location of a file's bytes. A hard link shares those of another path, perhaps of a lower layer. */
export interface ContentLocation {
  readonly path: string;
  readonly layer: number;
}

/** An entry at a path of the squashed image, with its layer. The lowest layer is 0. */
export interface TreeEntry {
  readonly node: LayerNode;
  readonly layer: number;
  /** Present for files. */
  readonly content?: ContentLocation;
  /** Of a hard link to a symbolic link, the path of that link. A layer may have an unread entry there. */
  readonly sharedSymlink?: string;
}

/** The entries at and above the wanted paths after squashing. */
export interface FileTree {
  /** By real path: an entry below a link of lower layers is stored at the target of the link. */
  readonly entries: PathTree<TreeEntry>;
  readonly resolver: LinkResolver;
  /** Where each link led when its layer was applied. A later layer may have replaced it. */
  readonly linkTargets: ReadonlyMap<string, ReadonlySet<string>>;
  /** Members and markers that runtimes apply differently. */
  readonly ambiguities: readonly Ambiguity[];
}

/** A path of a layer, and why runtimes differ there. */
export interface Ambiguity {
  readonly path: string;
  readonly layer: number;
  readonly message: string;
}

/**
 * Squashes layers, the lowest first (OCI image-spec, "Applying Changesets"). Whiteouts and opaque markers act on the layers below only,
 * whatever their position in the archive. Anything but a directory replaces a directory and its content. The directory of a member is
 * resolved in the existing tree with links followed, as unpackers do.
 */
export function fileTree(layers: readonly LayerIndex[]): FileTree {
  const entries = new PathTree<TreeEntry>();
  const ambiguities: Ambiguity[] = [];
  const linkTargets = new LinkTargets(entries);
  for (const [layer, index] of layers.entries()) {
    const linked = linkedBelow(entries, index);
    // Nothing is below the lowest layer.
    if (entries.size > 0) {
      const own = nodesOf(index);
      ambiguities.push(...ambiguitiesOf(entries, own, index).map((ambiguity) => ({ ...ambiguity, layer })));
      applyWhiteouts(entries, own, index);
    }
    new LayerApplier(entries, layer, linked).applyAll(index.nodes);
    ambiguities.push(...linkTargets.record(index, layer).map((ambiguity) => ({ ...ambiguity, layer })));
  }
  return { entries, resolver: resolverOf(entries), linkTargets: linkTargets.targets, ambiguities };
}

/**
 * Members of a layer below links of lower layers. Runtimes that unpack onto one tree follow the link. Those that unpack each layer by
 * itself create a directory in its place.
 */
function ambiguitiesOf(
  entries: PathTree<TreeEntry>,
  own: PathTree<LayerNode>,
  index: LayerIndex,
): Omit<Ambiguity, 'layer'>[] {
  const below = pathsBelowLinks(new LowerLayers(entries, own, index), index);
  const resolver = ownResolver(entries, own);
  const isRoot = index.opaques.some((path) => resolver.real(path) === '');
  return isRoot ? [...below, { path: '.wh..wh..opq', message: opaqueRootMessage }] : below;
}

const belowLinkMessage =
  'is below a link of a lower layer: some runtimes follow the link, others put a directory in its place';
const belowFileMessage =
  'is below a link to a file of a lower layer: some runtimes put a directory in its place, others refuse it';
const tooManyLinksMessage = 'is one of too many links and layers: where they lead was not determined';
const opaqueRootMessage =
  'marks the root as opaque: some runtimes hide all lower layers, with others they stay visible';

/** Paths that links of the layer lead below a link or a file of a lower layer, or that are there by their own names. */
function pathsBelowLinks(
  below: LowerLayers,
  { nodes, whiteouts, opaques }: LayerIndex,
): Omit<Ambiguity, 'layer'>[] {
  const ambiguityAt = (
    path: string,
    location: string = path,
    order: number = 0,
  ): Omit<Ambiguity, 'layer'>[] => {
    const message = below.ambiguityAt(location, order);
    return message === undefined ? [] : [{ path, message }];
  };
  return [
    ...nodes.flatMap(({ path }, i) => ambiguityAt(path, path, i)),
    ...whiteouts.flatMap((path) => ambiguityAt(path)),
    ...opaques.flatMap((path) => ambiguityAt(path, `${path}/.`)),
  ];
}

/** The layers below one that is unpacked by itself. */
class LowerLayers {
  readonly #entries: PathTree<TreeEntry>;
  readonly #own: PathTree<LayerNode>;
  readonly #alone: LinkResolver;
  /** The position of each of its own members. */
  readonly #order: ReadonlyMap<string, number>;

  constructor(entries: PathTree<TreeEntry>, own: PathTree<LayerNode>, index: LayerIndex) {
    this.#entries = entries;
    this.#own = own;
    this.#alone = aloneResolver(own);
    this.#order = new Map(index.nodes.map(({ path }, i) => [path, i]));
  }

  /** Why runtimes differ in the location of a member at this position. Undefined if they do not. */
  ambiguityAt(path: string, order: number): string | undefined {
    const laid = this.#alone.placeOf(path) ?? path;
    for (let slash = laid.indexOf('/'); slash >= 0; slash = laid.indexOf('/', slash + 1)) {
      const above = laid.slice(0, slash);
      const lower = this.#entries.get(above)?.node.kind;
      if (lower === 'symbolic-link') return this.#isReplaced(above, order) ? undefined : belowLinkMessage;
      const own = this.#own.get(above);
      if (own !== undefined && own.kind !== 'directory') return undefined;
      if (isFile(lower) && laid !== path) return belowFileMessage;
    }
    return undefined;
  }

  /** Returns whether the layer has replaced a lower link before this position. */
  #isReplaced(path: string, order: number): boolean {
    const replaced = this.#order.get(path);
    return replaced !== undefined && replaced < order;
  }
}

function isFile(kind: LayerNode['kind'] | undefined): boolean {
  return kind !== undefined && kind !== 'directory';
}

/** The places to which links have led, after each layer. */
class LinkTargets {
  readonly targets = new Map<string, Set<string>>();
  readonly #entries: PathTree<TreeEntry>;
  #resolutionsLeft: number = limits.linkResolutions;

  constructor(entries: PathTree<TreeEntry>) {
    this.#entries = entries;
  }

  /** Records where all links lead after a layer was applied. Returns an ambiguity if there are too many links and layers. */
  record(index: LayerIndex, layer: number): Omit<Ambiguity, 'layer'>[] {
    const { nodes, whiteouts, opaques } = index;
    if (nodes.length + whiteouts.length + opaques.length === 0) return [];
    const resolver = resolverOf(this.#entries);
    const own = this.#ownLinks(index, resolver);
    // A layer may also change where links of other layers lead.
    for (const link of new Set([...own, ...this.targets.keys()])) {
      if (this.#entries.get(link)?.node.kind !== 'symbolic-link') continue;
      if (this.#resolutionsLeft-- <= 0) return [{ path: link, message: tooManyLinksMessage }];
      this.#add(link, resolver.real(link));
    }
    // The lowest layer is alone already.
    if (layer > 0) this.#recordAlone(index, own);
    return [];
  }

  #ownLinks({ nodes }: LayerIndex, resolver: LinkResolver): string[] {
    return nodes.flatMap(({ path, kind }) => {
      const link = kind === 'file' || kind === 'directory' ? undefined : (resolver.placeOf(path) ?? path);
      return link === undefined ? [] : [link];
    });
  }

  /** Records where the links of a layer lead in the layer alone. Some runtimes unpack it so. */
  #recordAlone(index: LayerIndex, links: readonly string[]): void {
    if (links.length === 0) return;
    const own = nodesOf(index);
    const alone = aloneResolver(own);
    for (const link of links) if (own.get(link)?.kind === 'symbolic-link') this.#add(link, alone.real(link));
  }

  #add(link: string, real: string | undefined): void {
    if (real === undefined) return;
    const targets = this.targets.get(link) ?? new Set();
    this.targets.set(link, targets.add(real));
  }
}

function nodesOf({ nodes }: LayerIndex): PathTree<LayerNode> {
  const own = new PathTree<LayerNode>();
  for (const node of nodes) own.set(node.path, node);
  return own;
}

/** Follows the links of a layer that is unpacked by itself. */
function aloneResolver(own: PathTree<LayerNode>): LinkResolver {
  return new LinkResolver({ at: (path) => own.get(path), reaches: (path) => own.reaches(path) });
}

function resolverOf(entries: PathTree<TreeEntry>): LinkResolver {
  return new LinkResolver({
    at: (path) => entries.get(path)?.node,
    reaches: (path) => entries.reaches(path),
  });
}

/** The entries of lower layers that hard links of a layer share, by path. The markers of the layer may hide them afterwards. */
function linkedBelow(entries: PathTree<TreeEntry>, { nodes }: LayerIndex): ReadonlyMap<string, TreeEntry> {
  const resolver = resolverOf(entries);
  return new Map(
    nodes.flatMap((node) => {
      const linked =
        node.kind === 'hard-link' ? entries.get(resolver.placeOf(boundedPath(node.target)) ?? '') : undefined;
      return linked === undefined ? [] : [[node.path, linked]];
    }),
  );
}

/** Follows the links of a layer, and those of lower layers that it does not replace. */
function ownResolver(entries: PathTree<TreeEntry>, own: PathTree<LayerNode>): LinkResolver {
  return new LinkResolver({
    at: (path) => own.get(path) ?? entries.get(path)?.node,
    reaches: (path) => own.reaches(path) || entries.reaches(path),
  });
}

/** Removes the entries that the markers of a layer hide. They are not resolved through a link that this layer replaces. */
function applyWhiteouts(
  entries: PathTree<TreeEntry>,
  own: PathTree<LayerNode>,
  { whiteouts, opaques }: LayerIndex,
): void {
  if (whiteouts.length === 0 && opaques.length === 0) return;
  const resolver = ownResolver(entries, own);
  // All of them are resolved before any is removed.
  const removed = whiteouts.flatMap((path) => resolver.placeOf(path) ?? []);
  const emptied = opaques.flatMap((path) => resolver.real(path) ?? []);
  for (const path of removed) entries.remove(path);
  for (const path of emptied) entries.removeBelow(path);
}

/** Applies the entries of one layer to the tree. */
class LayerApplier {
  readonly #entries: PathTree<TreeEntry>;
  readonly #layer: number;
  readonly #linked: ReadonlyMap<string, TreeEntry>;
  #resolver: LinkResolver;

  constructor(entries: PathTree<TreeEntry>, layer: number, linked: ReadonlyMap<string, TreeEntry>) {
    this.#entries = entries;
    this.#layer = layer;
    this.#linked = linked;
    this.#resolver = resolverOf(entries);
  }

  applyAll(nodes: readonly LayerNode[]): void {
    for (const node of nodes) this.#apply(node, this.#resolver.placeOf(node.path) ?? node.path);
  }

  #apply(node: LayerNode, path: string): void {
    this.#makeDirectories(path);
    if (node.kind === 'directory' && this.#entries.get(path)?.node.kind === 'directory') return;
    const entry = node.kind === 'hard-link' ? this.#hardLinked(node) : entryOf(node, this.#layer);
    this.#entries.removeBelow(path);
    this.#set(path, entry);
  }

  /** A child turns everything above it into directories, whatever the lower layers had there. */
  #makeDirectories(path: string): void {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const above = path.slice(0, slash);
      const entry = this.#entries.get(above);
      if (entry === undefined || (entry.node.kind !== 'directory' && entry.layer < this.#layer))
        this.#set(above, { node: { path: above, kind: 'directory' }, layer: this.#layer });
    }
  }

  #set(path: string, entry: TreeEntry): void {
    const isLink =
      entry.node.kind === 'symbolic-link' || this.#entries.get(path)?.node.kind === 'symbolic-link';
    this.#entries.set(path, entry);
    if (isLink) this.#resolver = resolverOf(this.#entries);
  }

  /** A hard link is another name of its target at that moment: a file, or a symbolic link, here or in a lower layer. */
  #hardLinked(node: Extract<LayerNode, { readonly target: string }>): TreeEntry {
    const target = boundedPath(node.target);
    const real = this.#resolver.placeOf(target) ?? target;
    const linked = this.#entries.get(real) ?? this.#linked.get(node.path);
    if (linked?.node.kind === 'symbolic-link')
      return {
        node: { path: node.path, kind: 'symbolic-link', target: linked.node.target },
        layer: this.#layer,
        sharedSymlink: real,
      };
    // An unwanted target was not kept. It is in this layer or in a lower one.
    return { node, layer: this.#layer, content: linked?.content ?? { path: real, layer: this.#layer } };
  }
}

function entryOf(node: LayerNode, layer: number): TreeEntry {
  return node.kind === 'file' ? { node, layer, content: { path: node.path, layer } } : { node, layer };
}

/** Resolves links in the directories of a file. */
export type RealPaths = (path: string) => string;

/** Returns a function that resolves links in the directories of files. Each directory is resolved once. */
export function realPaths({ resolver }: Pick<FileTree, 'resolver'>): RealPaths {
  const directories = new Map<string, string>();
  return (path) => {
    const directory = parentOf(path);
    if (directory === '') return path;
    let real = directories.get(directory);
    if (real === undefined) {
      real = resolver.real(directory) ?? directory;
      directories.set(directory, real);
    }
    return real === '' ? baseOf(path) : `${real}/${baseOf(path)}`;
  };
}
