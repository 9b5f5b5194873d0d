import { isDeepStrictEqual } from 'node:util';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { LinkTarget } from '../../match/links.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { Store } from '../../store/store.ts';
import { type Analyzers, analyzerKey } from '../images/analyze-layers.ts';
import { type IndexedLayer, type LayerStack, readUntilLinksResolved } from '../images/read-passes.ts';

/** Dependencies of the functions that find stored layers. */
export interface StoredLayersDeps {
  readonly extensions: Analyzers;
  readonly store: Pick<Store, 'images' | 'layers' | 'namedLayers'>;
}

/**
 * The layers that a layer named `parent` consists of, the lowest first. Throws `parent-unknown` if there is no such layer, or if other
 * extensions read it.
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
    throw new ClairError('limit-exceeded', `more than ${limits.layersPerImage} layers lie upon each other`);
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

/** Stored layers, each as the stored index with most of the linked places describes it. */
export type StoredStack = Pick<LayerStack, 'layers' | 'links'>;

/** The layers with the linked places that were read when the uppermost of them was posted. */
export async function readWithLinks(
  below: readonly IndexedLayer[],
  { extensions, store }: StoredLayersDeps,
): Promise<StoredStack> {
  let layers = below;
  return await readUntilLinksResolved(extensions, async ({ key }) => {
    layers = await layersStoredUnder(key, layers, store);
    return layers;
  });
}

/** The layers, each as it was stored under a key, or as it is if there is none. */
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
 * The linked places at which stored layers may have files that were not read. A link of the new layer can lead to a place that was not
 * wanted when the layers below were posted, and their bytes are not there any more.
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
