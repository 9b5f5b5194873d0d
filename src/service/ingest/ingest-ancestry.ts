import { isDeepStrictEqual } from 'node:util';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { LayerSource } from '../../image/posted/layer-source.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import { ImageSize } from '../../match/image-size.ts';
import type { Store } from '../../store/store.ts';
import { type IndexedLayer, type LayerStack, type ReadPass, ReadPasses } from '../images/read-passes.ts';
import { LowestFailure } from './lowest-failure.ts';
import {
  engineVersionOf,
  type FreshLayer,
  type IngestDeps,
  type IngestedContent,
  isCurrentEngine,
  type SavedImage,
  saveIngestedImage,
  saveLayers,
  toFreshLayer,
} from './posted-layers.ts';

/** A layer under the name that its client gave it. A name that is a digest must be the digest of the content. */
export interface HashedLayer extends LayerSource {
  readonly hash: string;
}

/** An image under the name that its client gave it, with its layers from the base up. */
export interface PostedAncestry {
  readonly name: string;
  readonly layers: readonly HashedLayer[];
}

/** Dependencies of `ingestAncestry`. */
export interface IngestAncestryDeps extends IngestDeps {
  readonly store: IngestDeps['store'] & Pick<Store, 'ancestries'>;
}

/**
 * Ingests an image: reads its layers concurrently, squashes them, and stores the result. Skips an ancestry that has the same layers and was
 * read by the same extensions or by a newer revision of the program, and a layer whose hash is known. Returns undefined if the ancestry was skipped. Throws `layer-unreadable` if
 * a part of a layer could not be read. Throws `layer-unsupported` if packages belong to no namespace. Throws `target-corrupt` if the digest
 * of a layer is not its name. Also throws the errors of reading.
 */
export async function ingestAncestry(
  { name, layers }: PostedAncestry,
  deps: IngestAncestryDeps,
  signal: AbortSignal,
): Promise<IngestedContent | undefined> {
  const { ancestries } = deps.store;
  const engineVersion = engineVersionOf(deps.extensions);
  const hashes = layers.map(({ hash }) => hash);
  const existing = await ancestries.find(name);
  const isUpToDate = existing !== undefined && isCurrentEngine(existing.engineVersion, deps.extensions);
  if (isUpToDate && isDeepStrictEqual(existing.hashes, hashes)) return undefined;
  if (layers.length > limits.layersPerImage)
    throw new ClairError('limit-exceeded', `the image has more than ${limits.layersPerImage} layers`);
  const fresh = new Map<FreshLayer, string>();
  const passes = new ReadPasses(deps.extensions);
  const readAndSave = async (): Promise<SavedImage> => {
    let stack: LayerStack | undefined;
    while (stack === undefined)
      stack = passes.squash(await readAll(layers, { ...passes.current, signal, fresh }, deps));
    return await saveIngestedImage(stack, fresh.keys(), deps);
  };
  const { image, content } = await readAndSave().catch(async (error: unknown) => {
    // The error of reading is reported, not one of saving.
    await saveIntactLayers(fresh, deps).catch(() => undefined);
    throw error;
  });
  await recordHashes(fresh, deps);
  await ancestries.save({ name, hashes, image, engineVersion });
  return content;
}

interface ReadContext extends ReadPass {
  readonly signal: AbortSignal;
  /** Layers that were read, with their hashes. */
  readonly fresh: Map<FreshLayer, string>;
}

/** Saves the layers that were read completely before another one failed, or the image was refused. A retry then skips them. */
async function saveIntactLayers(fresh: ReadContext['fresh'], deps: IngestAncestryDeps): Promise<void> {
  const intact = new Map([...fresh].filter(([{ index }]) => index.problems.length === 0));
  await saveLayers(intact.keys(), deps.store);
  await recordHashes(intact, deps);
}

async function recordHashes(
  fresh: ReadContext['fresh'],
  { store: { ancestries } }: IngestAncestryDeps,
): Promise<void> {
  // Records a layer that several passes have read only once.
  const identities = new Map(Array.from(fresh, ([{ identity }, hash]) => [hash, identity]));
  const semaphore = new Semaphore(limits.ancestryLayersAtOnce);
  await Promise.all(
    Array.from(identities, ([hash, identity]) =>
      semaphore.run(() => ancestries.saveLayerHash(hash, identity)),
    ),
  );
}

/** Reads each layer once. A layer that fails aborts the reading of those above it. */
async function readAll(
  layers: readonly HashedLayer[],
  context: ReadContext,
  deps: IngestAncestryDeps,
): Promise<IndexedLayer[]> {
  const semaphore = new Semaphore(limits.ancestryLayersAtOnce);
  const size = new ImageSize();
  const found = new Map<string, IndexedLayer>();
  const read = async (layer: HashedLayer, signal: AbortSignal): Promise<void> => {
    const indexed = await readHashed(layer, { ...context, signal }, deps);
    size.add(indexed.index);
    found.set(layer.hash, indexed);
  };
  const byHash = new Map(layers.toReversed().map((layer) => [layer.hash, layer]));
  const distinct = [...byHash.values()].toReversed();
  const failure = new LowestFailure(distinct.length);
  await Promise.all(
    distinct.map((layer, position) => {
      const signal = AbortSignal.any([context.signal, failure.signalOf(position)]);
      return semaphore
        .run(() => read(layer, signal))
        .catch((error: unknown) => {
          failure.record(position, error);
        });
    }),
  );
  failure.throwIfAny();
  return layers.map(({ hash }) => found.get(hash) ?? throwUnread(hash));
}

/** Returns the stored layer, or reads it. */
async function readHashed(
  { hash, ...source }: HashedLayer,
  context: ReadContext,
  deps: IngestAncestryDeps,
): Promise<IndexedLayer> {
  context.signal.throwIfAborted();
  const { ancestries, layers } = deps.store;
  const identity = await ancestries.findLayerIdentity(hash);
  const index = identity === undefined ? undefined : await layers.find(identity, context.key);
  if (identity !== undefined && index !== undefined) return { identity, index };
  const read = toFreshLayer(await deps.read(source, context), context, deps);
  context.fresh.set(read, hash);
  return read;
}

function throwUnread(hash: string): never {
  throw new Error(`the layer ${hash} was not read`);
}
