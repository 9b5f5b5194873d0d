import { documentNames } from '../../image/document-names.ts';
import type { Image } from '../../image/image.ts';
import { type ImageLayer, layerIdentity } from '../../image/image-layer.ts';
import { refuseDamaged } from '../../image/layer/layer-digest.ts';
import { nameOfLayer, namingLayer } from '../../image/layer/naming-layer.ts';
import { ClairError } from '../../kit/errors.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { digestAlgorithm } from '../../model/digest.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { Store } from '../../store/store.ts';
import type { AnalyzeArriving, AnalyzeLayers, Analyzers } from './analyze-layers.ts';
import { type IndexedLayer, type ReadStack, type Round, readInRounds } from './read-rounds.ts';

/** What reading the layers of an image needs. */
export interface ReadingRoom {
  readonly extensions: Analyzers;
  readonly store: Pick<Store, 'layers'>;
  readonly analyze: AnalyzeLayers;
  readonly analyzeArriving: AnalyzeArriving;
  /** Read and hash also what could be seeked over. */
  readonly verify: boolean;
  readonly onProgress: (text: string) => void;
}

/** An image whose layers are known. */
export type ReadImage = ReadStack<KnownLayer>;

/** What is read of an image. */
export type Readable = Pick<Image, 'layers' | 'bring'>;

/** Reads the layers, as often as links ask for it. */
export async function readImage(image: Readable, room: ReadingRoom): Promise<ReadImage> {
  const read = await readInRounds(room.extensions, (round) => indexLayers(image, round, room));
  for (const known of read.layers) refuseDocuments(known);
  return read;
}

/** Refuses a root file system that nobody said is one, and that has a document of an image: runtimes would load the image. */
function refuseDocuments({ layer, index }: KnownLayer): void {
  const found = layer.isGuessed && index.nodes.find(({ path }) => documentNames.includes(path));
  if (!found) return;
  throw new ClairError(
    'target-corrupt',
    `${nameOfLayer(layer)} has ${found.path}, as an image has, and directories of a root file system; put rootfs-tar: before its name if it is one`,
  );
}

/** A layer and what it tells. */
export interface KnownLayer extends IndexedLayer {
  readonly layer: ImageLayer;
}

async function indexLayers(
  { layers, bring }: Readable,
  { key, links }: Round,
  room: ReadingRoom,
): Promise<KnownLayer[]> {
  const identities = layers.map((layer) => layerIdentity(layer, room));
  const known = await findKnown(identities, key, room);
  // The same layer twice in one image, as empty layers are, is read once.
  const unread = layers.filter(
    (_, i) => !known.has(identities[i] ?? '') && identities.indexOf(identities[i]) === i,
  );
  if (unread.length > 0) room.onProgress(`reading ${unread.length} of ${layers.length} layers`);
  const options = { verify: room.verify, links };
  const indexes =
    unread.length === 0
      ? []
      : bring === undefined
        ? await room.analyze(unread, options)
        : await room.analyzeArriving(unread, bring, options);
  const fresh = new Map(unread.map((layer, i) => [layer, indexes[i]]));
  const result: KnownLayer[] = [];
  for (const [i, layer] of layers.entries()) {
    const index = known.get(identities[i] ?? '') ?? fresh.get(layer);
    if (index === undefined) throw new Error(`layer ${i} was not analysed`);
    refuseOtherContent(layer, index);
    const identity = identities[i] ?? `content:${sha256Of(JSON.stringify(index))}`;
    if (!known.has(identity)) await room.store.layers.save(identity, key, index);
    known.set(identity, index);
    result.push({ layer, identity, index });
  }
  return result;
}

/** The bytes of a stored layer may be read in two ways: refuses one that was read otherwise than this image means it. */
function refuseOtherContent(layer: ImageLayer, { diffId }: LayerIndex): void {
  const claimed = layer.diffId;
  if (!claimed || !diffId || digestAlgorithm(claimed) !== digestAlgorithm(diffId)) return;
  void namingLayer(nameOfLayer(layer), () => {
    refuseDamaged('diffID', claimed, diffId);
  });
}

async function findKnown(
  identities: readonly (string | undefined)[],
  key: string,
  { store }: ReadingRoom,
): Promise<Map<string, LayerIndex>> {
  const wanted = identities.filter((identity) => identity !== undefined);
  return new Map(await store.layers.findAll(wanted, key));
}
