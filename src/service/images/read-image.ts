import { ClairError } from '../../core/errors.ts';
import { documentNames, type Image } from '../../image/image.ts';
import { type ImageLayer, layerIdentity } from '../../image/image-layer.ts';
import { assertDigestMatches } from '../../image/layer/layer-digest.ts';
import { nameOfLayer, withLayerName } from '../../image/layer/layer-name.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { digestAlgorithm } from '../../model/digest.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { Store } from '../../store/store.ts';
import type { AnalyzeLayers, Analyzers, AnalyzeStreamedLayers } from './analyze-layers.ts';
import { type IndexedLayer, type LayerStack, type ReadPass, readUntilLinksResolved } from './read-passes.ts';

/** Dependencies and options of `readImage`. */
export interface ReadImageDeps {
  readonly extensions: Analyzers;
  readonly store: Pick<Store, 'layers'>;
  readonly analyze: AnalyzeLayers;
  readonly analyzeStreamed: AnalyzeStreamedLayers;
  /** Also read and hash bytes that a seek could skip. */
  readonly verify: boolean;
  readonly onProgress: (text: string) => void;
}

/** Indexed and squashed layers of an image. */
export type ImageLayerStack = LayerStack<IndexedImageLayer>;

/** The parts of an image that `readImage` uses. */
export type ReadableImage = Pick<Image, 'layers' | 'streamLayers'>;

/** Reads the layers of an image, once for each pass that links require. */
export async function readImage(image: ReadableImage, deps: ReadImageDeps): Promise<ImageLayerStack> {
  const read = await readUntilLinksResolved(deps.extensions, (pass) => indexLayers(image, pass, deps));
  for (const layer of read.layers) assertNoImageDocuments(layer);
  return read;
}

/** Rejects an archive that was guessed to be a root file system but has a document of an image. Runtimes would load it as an image. */
function assertNoImageDocuments({ layer, index }: IndexedImageLayer): void {
  const found = layer.isGuessed && index.nodes.find(({ path }) => documentNames.includes(path));
  if (!found) return;
  throw new ClairError(
    'target-corrupt',
    `${nameOfLayer(layer)} has ${found.path} like an image, but also directories of a root file system; put rootfs-tar: before its name if it is one`,
  );
}

/** A layer and its index. */
export interface IndexedImageLayer extends IndexedLayer {
  readonly layer: ImageLayer;
}

async function indexLayers(
  { layers, streamLayers }: ReadableImage,
  { key, links }: ReadPass,
  deps: ReadImageDeps,
): Promise<IndexedImageLayer[]> {
  const identities = layers.map((layer) => layerIdentity(layer, deps));
  const indexByIdentity = await findStoredIndexes(identities, key, deps);
  // An image may have the same layer twice, such as an empty one. It is read once.
  const unread = layers.filter(
    (_, i) => !indexByIdentity.has(identities[i] ?? '') && identities.indexOf(identities[i]) === i,
  );
  if (unread.length > 0) deps.onProgress(`reading ${unread.length} of ${layers.length} layers`);
  const options = { verify: deps.verify, links };
  const indexes =
    unread.length === 0
      ? []
      : streamLayers === undefined
        ? await deps.analyze(unread, options)
        : await deps.analyzeStreamed(unread, streamLayers, options);
  const newIndexes = new Map(unread.map((layer, i) => [layer, indexes[i]]));
  const result: IndexedImageLayer[] = [];
  for (const [i, layer] of layers.entries()) {
    const index = indexByIdentity.get(identities[i] ?? '') ?? newIndexes.get(layer);
    if (index === undefined) throw new Error(`layer ${i} was not analysed`);
    assertDiffIdMatches(layer, index);
    const identity = identities[i] ?? `content:${sha256Of(JSON.stringify(index))}`;
    if (!indexByIdentity.has(identity)) await deps.store.layers.save(identity, key, index);
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

async function findStoredIndexes(
  identities: readonly (string | undefined)[],
  key: string,
  { store }: ReadImageDeps,
): Promise<Map<string, LayerIndex>> {
  const wanted = identities.filter((identity) => identity !== undefined);
  return new Map(await store.layers.findAll(wanted, key));
}
