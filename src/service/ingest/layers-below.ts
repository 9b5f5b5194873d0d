import { isDeepStrictEqual } from 'node:util';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { LinkTarget } from '../../match/links.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { ImageIndex, ImagePackage } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import { type Analyzers, analyzerKey } from '../images/analyze-layers.ts';
import { type IndexedLayer, type LayerStack, ReadPasses } from '../images/read-passes.ts';

/** Dependencies of the functions that find stored layers. */
export interface StoredLayersDeps {
  readonly extensions: Analyzers;
  readonly store: Pick<Store, 'images' | 'layers' | 'namedLayers'>;
}

/**
 * Returns the layers of the layer named `parent`, the lowest first. Throws `parent-unknown` if there is no such layer, or if other
 * extensions read it. Throws `limit-exceeded` if the limit of layers is reached.
 */
export async function layersBelow(
  parent: string | null,
  { store, extensions }: StoredLayersDeps,
): Promise<readonly IndexedLayer[]> {
  if (parent === null) return [];
  const parentLayer = await store.namedLayers.find(parent);
  if (parentLayer === undefined) throw new ClairError('parent-unknown', `there is no layer ${parent}`);
  const key = analyzerKey(extensions);
  const { layers } = await store.images.findByNumber(parentLayer.image);
  if (layers.length >= limits.layersPerImage)
    throw new ClairError('limit-exceeded', `the image has more than ${limits.layersPerImage} layers`);
  const indexes = await store.layers.findAll(layers, key);
  return layers.map((identity) => {
    const index = indexes.get(identity);
    if (index === undefined)
      throw new ClairError(
        'parent-unknown',
        `the layer ${parent} was read by other extensions: post it again`,
      );
    return { identity, index };
  });
}

/** Stored layers, each described by the stored index that covers the most link targets. */
export type StoredStack = Pick<LayerStack, 'layers' | 'links'>;

/** Returns the layers with the link targets that were read when the uppermost of them was posted. */
export async function readWithLinks(
  below: readonly IndexedLayer[],
  { extensions, store }: StoredLayersDeps,
): Promise<StoredStack> {
  const passes = new ReadPasses(extensions);
  let layers = below;
  let stack: StoredStack | undefined;
  while (stack === undefined) {
    layers = await layersStoredUnder(passes.current.key, layers, store);
    stack = passes.squash(layers);
  }
  return stack;
}

/** Returns the layers, each with its index under `key`, or with the given index if there is no such index. */
export async function layersStoredUnder(
  key: string,
  below: readonly IndexedLayer[],
  { layers }: Pick<Store, 'layers'>,
): Promise<IndexedLayer[]> {
  const identities = below.map(({ identity }) => identity);
  const stored = await layers.findAll(identities, key);
  return below.map(({ identity, index }) => ({ identity, index: stored.get(identity) ?? index }));
}

/**
 * Returns the link targets at which stored layers may have files that were not read. A link of the new layer can lead to a path that no
 * link needed when the layers below were posted. Their bytes are no longer available.
 */
export function unreadLinkTargets(
  links: readonly LinkTarget[],
  below: StoredStack,
  uppermost: LayerIndex,
): LinkTarget[] {
  if (below.layers.length === 0) return [];
  const own = new Set(uppermost.nodes.flatMap(({ path, kind }) => (kind === 'directory' ? [] : [path])));
  return links.filter(
    (link) => !own.has(link.target) && !below.links.some((scanned) => isDeepStrictEqual(scanned, link)),
  );
}

/**
 * Returns the position of the layer that introduced a package, or of the top layer if it is unknown. Posted layers have their diffIDs as
 * names.
 */
export function introducingLayer(
  { location, layerPosition }: ImagePackage,
  { layers }: Pick<ImageIndex, 'layers'>,
): number {
  const position = layerPosition ?? layers.indexOf(location.layer ?? '');
  return position === -1 ? layers.length - 1 : position;
}
