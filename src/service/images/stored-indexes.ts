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
  /** Whether it was read by its table of contents, and not whole. */
  readonly isByTable: boolean;
}

/** Returns the key of indexes that were read by a table of contents. They must never stand for whole layers. */
export function keyByTable(key: string): string {
  return `${key} by-table`;
}

/** An index that was read by a table of contents, with its name in the place of the identity of the layer. */
export interface TableIndex {
  readonly name: string;
  readonly index: LayerIndex;
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

/** The stored indexes of an image, and those of the other layers that were read by a table of contents. The rest is `unread`. */
export interface SplitIndexes extends StoredIndexes {
  readonly byTable: ReadonlyMap<ImageLayer, TableIndex>;
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

/**
 * Stores the new indexes. `indexes` are those of the unread layers, in their order. Those by a table of contents get other names, so that no
 * other scan uses them. Returns all layers of the image with their indexes.
 */
export async function storeIndexes(
  { layers, identities, byIdentity, unread, key, byTable }: SplitIndexes,
  indexes: readonly LayerIndex[],
  store: Pick<Store, 'layers'>,
): Promise<IndexedImageLayer[]> {
  const known = new Map<string, FoundIndex>(
    Array.from(byIdentity, ([identity, index]) => [identity, { index }]),
  );
  const newIndexes = new Map<ImageLayer, FoundIndex>(byTable);
  for (const [i, layer] of unread.entries()) {
    const index = indexes[i];
    if (index !== undefined) newIndexes.set(layer, { index });
  }
  const result: IndexedImageLayer[] = [];
  for (const [i, layer] of layers.entries()) {
    const found = known.get(identities[i] ?? '') ?? newIndexes.get(layer);
    if (found === undefined) throw new Error(`layer ${i} was not analysed`);
    const { index, name } = found;
    assertDiffIdMatches(layer, index);
    const identity = identities[i] ?? `content:${sha256Of(JSON.stringify(index))}`;
    const isByTable = name !== undefined;
    const stored = isByTable ? { name, key: keyByTable(key) } : { name: identity, key };
    if (!known.has(identity)) await store.layers.save(stored.name, stored.key, index);
    known.set(identity, found);
    result.push({ layer, identity: stored.name, index, isByTable });
  }
  return result;
}

/** An index, and its name if it was read by a table of contents. */
interface FoundIndex extends Pick<TableIndex, 'index'>, Partial<Pick<TableIndex, 'name'>> {}

/** Rejects a stored index whose diffID differs from that of the image: the same bytes may be read as two layer formats. */
function assertDiffIdMatches(layer: ImageLayer, { diffId }: LayerIndex): void {
  const claimed = layer.diffId;
  if (!claimed || !diffId || digestAlgorithm(claimed) !== digestAlgorithm(diffId)) return;
  void withLayerName(nameOfLayer(layer), () => {
    assertDigestMatches('diffID', claimed, diffId);
  });
}
