import { ClairError } from '../../core/errors.ts';
import { documentNames } from '../../image/document-names.ts';
import type { Image } from '../../image/image.ts';
import { type ImageLayer, layerIdentity } from '../../image/image-layer.ts';
import { assertDigestMatches } from '../../image/layer/layer-digest.ts';
import { nameOfLayer, withLayerName } from '../../image/layer/layer-name.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { digestAlgorithm } from '../../model/digest.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { Store } from '../../store/store.ts';
import type { AnalyzeLayers, Analyzers, AnalyzeStreamedLayers } from './analyze-layers.ts';
import { type IndexedLayer, type LayerStack, type ReadPass, readUntilLinksResolved } from './read-passes.ts';

/** What reading the layers of an image needs. */
export interface ReadImageDeps {
  readonly extensions: Analyzers;
  readonly store: Pick<Store, 'layers'>;
  readonly analyze: AnalyzeLayers;
  readonly analyzeStreamed: AnalyzeStreamedLayers;
  /** Read and hash also what could be seeked over. */
  readonly verify: boolean;
  readonly onProgress: (text: string) => void;
}

/** An image whose layers are known. */
export type ImageLayerStack = LayerStack<IndexedImageLayer>;

/** What is read of an image. */
export type ReadableImage = Pick<Image, 'layers' | 'streamLayers'>;

/** Reads the layers, as often as links ask for it. */
export async function readImage(image: ReadableImage, deps: ReadImageDeps): Promise<ImageLayerStack> {
  const read = await readUntilLinksResolved(deps.extensions, (pass) => indexLayers(image, pass, deps));
  for (const layer of read.layers) assertNoImageDocuments(layer);
  return read;
}

/** Refuses a root file system that nobody said is one, and that has a document of an image: runtimes would load the image. */
function assertNoImageDocuments({ layer, index }: IndexedImageLayer): void {
  const found = layer.isGuessed && index.nodes.find(({ path }) => documentNames.includes(path));
  if (!found) return;
  throw new ClairError(
    'target-corrupt',
    `${nameOfLayer(layer)} has ${found.path}, as an image has, and directories of a root file system; put rootfs-tar: before its name if it is one`,
  );
}

/** A layer and what it tells. */
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
  // The same layer twice in one image, as empty layers are, is read once.
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

/** The bytes of a stored layer may be read in two ways: refuses one that was read otherwise than this image means it. */
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
