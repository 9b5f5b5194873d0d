import { isDeepStrictEqual } from 'node:util';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { LayerSource } from '../../image/posted/layer-source.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import { ImageSize } from '../../match/image-size.ts';
import type { Store } from '../../store/store.ts';
import { type IndexedLayer, type ReadPass, readUntilLinksResolved } from '../images/read-passes.ts';
import { LowestFailure } from './lowest-failure.ts';
import {
  engineVersionOf,
  type FreshLayer,
  type IngestDeps,
  type IngestedContent,
  readPostedLayer,
  saveIngestedImage,
  saveLayers,
} from './posted-layers.ts';

/** A layer by what its client calls it. A name that is a digest has to be that of the content. */
export interface HashedLayer extends LayerSource {
  readonly hash: string;
}

/** An image by the name its client gives it, with its layers from the base up. */
export interface PostedAncestry {
  readonly name: string;
  readonly layers: readonly HashedLayer[];
}

/** What taking in an ancestry needs. */
export interface IngestAncestryDeps extends IngestDeps {
  readonly store: IngestDeps['store'] & Pick<Store, 'ancestries'>;
}

/**
 * Takes in an image: reads its layers beside each other, lays them over each other, and keeps what a container of them would have.
 * One that is there already, of the same layers and read by the same extensions, is not read again, and neither is a layer that is
 * known by its hash. The result is undefined if nothing was read. Throws `layer-unreadable` if something of the layers could not be read, `layer-unsupported` if packages belong to
 * no namespace, `target-corrupt` where a layer has another digest than it is called by, and what reading throws.
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
  if (existing?.engineVersion === engineVersion && isDeepStrictEqual(existing.hashes, hashes))
    return undefined;
  if (layers.length > limits.layersPerImage)
    throw new ClairError('limit-exceeded', `more than ${limits.layersPerImage} layers lie upon each other`);
  const fresh = new Map<FreshLayer, string>();
  const context = { signal, fresh };
  const stack = await readUntilLinksResolved(deps.extensions, (pass) =>
    readAll(layers, { ...pass, ...context }, deps),
  ).catch(async (error: unknown) => {
    // The first failure counts.
    await saveIntactLayers(fresh, deps).catch(() => undefined);
    throw error;
  });
  const { image, content } = await saveIngestedImage(stack, fresh.keys(), deps);
  await recordHashes(fresh, deps);
  await ancestries.save({ name, hashes, image, engineVersion });
  return content;
}

interface ReadContext extends ReadPass {
  readonly signal: AbortSignal;
  /** The layers that were read, with the hashes they are called by. */
  readonly fresh: Map<FreshLayer, string>;
}

/** Keeps the layers that were read whole before another one failed: a client that tries again does not wait for these. */
async function saveIntactLayers(fresh: ReadContext['fresh'], deps: IngestAncestryDeps): Promise<void> {
  const intact = new Map([...fresh].filter(([{ index }]) => index.problems.length === 0));
  await saveLayers(intact.keys(), deps.store);
  await recordHashes(intact, deps);
}

async function recordHashes(
  fresh: ReadContext['fresh'],
  { store: { ancestries } }: IngestAncestryDeps,
): Promise<void> {
  // A layer that was read in several rounds is noted once.
  const identities = new Map(Array.from(fresh, ([{ identity }, hash]) => [hash, identity]));
  const semaphore = new Semaphore(limits.ancestryLayersAtOnce);
  await Promise.all(
    Array.from(identities, ([hash, identity]) =>
      semaphore.run(() => ancestries.saveLayerHash(hash, identity)),
    ),
  );
}

/** Reads each layer once; one that fails ends the reading of those above it. */
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

/** A layer as it is known, or read now. */
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
  const read = await readPostedLayer(source, context, deps);
  context.fresh.set(read, hash);
  return read;
}

function throwUnread(hash: string): never {
  throw new Error(`the layer ${hash} was not read`);
}
