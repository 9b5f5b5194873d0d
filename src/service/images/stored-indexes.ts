import { type ImageLayer, layerIdentity } from '../../image/image-layer.ts';
import { assertDigestMatches } from '../../image/layer/layer-digest.ts';
import { nameOfLayer, withLayerName } from '../../image/layer/layer-name.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { digestAlgorithm } from '../../model/digest.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { Store } from '../../store/store.ts';
import type { IndexedLayer } from './read-passes.ts';

/** A layer and its index. */
export interface IndexedImageLayer extends IndexedLayer {
  readonly layer: ImageLayer;
}

/** Dependencies and options of `findStoredIndexes`. */
export interface StoredIndexesDeps {
  readonly store: Pick<Store, 'layers'>;
  /** Also read and hash bytes that a seek could skip. */
  readonly verify: boolean;
}

/** The stored indexes of an image. */
export interface StoredIndexes {
  readonly layers: readonly ImageLayer[];
  /** The identity of each layer; undefined before a layer without a cheap identity is read. */
  readonly identities: readonly (string | undefined)[];
  readonly byIdentity: ReadonlyMap<string, LayerIndex>;
  /** The layers without an index. A layer that the image has twice, such as an empty one, is in it once. */
  readonly unread: readonly ImageLayer[];
  /** Analyzer key of the indexes. */
  readonly key: string;
}

/** Finds the indexes of an image that were stored under an analyzer key. */
export async function findStoredIndexes(
  layers: readonly ImageLayer[],
  key: string,
  { store, verify }: StoredIndexesDeps,
): Promise<StoredIndexes> {
  const identities = layers.map((layer) => layerIdentity(layer, { verify }));
  const wanted = identities.filter((identity) => identity !== undefined);
  const byIdentity = await store.layers.findAll(wanted, key);
  const unread = layers.filter(
    (_, i) => !byIdentity.has(identities[i] ?? '') && identities.indexOf(identities[i]) === i,
  );
  return { layers, identities, byIdentity, unread, key };
}

/** Stores the indexes of the unread layers, in their order. Returns all layers of the image with their indexes. */
export async function storeIndexes(
  { layers, identities, byIdentity, unread, key }: StoredIndexes,
  indexes: readonly LayerIndex[],
  store: Pick<Store, 'layers'>,
): Promise<IndexedImageLayer[]> {
  const indexByIdentity = new Map(byIdentity);
  const newIndexes = new Map(unread.map((layer, i) => [layer, indexes[i]]));
  const result: IndexedImageLayer[] = [];
  for (const [i, layer] of layers.entries()) {
    const index = indexByIdentity.get(identities[i] ?? '') ?? newIndexes.get(layer);
    if (index === undefined) throw new Error(`layer ${i} was not analysed`);
    assertDiffIdMatches(layer, index);
    const identity = identities[i] ?? `content:${sha256Of(JSON.stringify(index))}`;
    if (!indexByIdentity.has(identity)) await store.layers.save(identity, key, index);
    indexByIdentity.set(identity, index);
    result.push({ layer, identity, index });
  }
  return result;
}

/** Rejects a stored index whose diffID differs from that of the image: the same bytes may be read as two layer formats. */
function assertDiffIdMatches(layer: ImageLayer, { diffId }: LayerIndex): void {
  const claimed = layer.diffId;
  if (!claimed || !diffId || digestAlgorithm(claimed) !== digestAlgorithm(diffId)) return;
  void withLayerName(nameOfLayer(layer), () => {
    assertDigestMatches('diffID', claimed, diffId);
  });
}
