import { isDeepStrictEqual } from 'node:util';
import type { LayerSource } from '../../image/incoming/layer-source.ts';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { Turns } from '../../kit/turns.ts';
import { ImageSize } from '../../match/image-size.ts';
import type { Store } from '../../store/store.ts';
import { type IndexedLayer, type Round, readInRounds } from '../images/read-rounds.ts';
import { LowestFailure } from './lowest-failure.ts';
import {
  engineVersionOf,
  type FreshLayer,
  keepLayers,
  type PostedContent,
  type PostedLayersRoom,
  readPosted,
  savePosted,
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
export interface AncestryPostingRoom extends PostedLayersRoom {
  readonly store: PostedLayersRoom['store'] & Pick<Store, 'ancestries'>;
}

/**
 * Takes in an image: reads its layers beside each other, lays them over each other, and keeps what a container of them would have.
 * One that is there already, of the same layers and read by the same extensions, is not read again, and neither is a layer that is
 * known by its hash. The result is undefined if nothing was read. Throws `layer-unreadable` if something of the layers could not be read, `layer-unsupported` if packages belong to
 * no namespace, `target-corrupt` where a layer has another digest than it is called by, and what reading throws.
 */
export async function postAncestry(
  { name, layers }: PostedAncestry,
  room: AncestryPostingRoom,
  signal: AbortSignal,
): Promise<PostedContent | undefined> {
  const { ancestries } = room.store;
  const engineVersion = engineVersionOf(room.extensions);
  const hashes = layers.map(({ hash }) => hash);
  const known = await ancestries.find(name);
  if (known?.engineVersion === engineVersion && isDeepStrictEqual(known.hashes, hashes)) return undefined;
  if (layers.length > limits.layersPerImage)
    throw new ClairError('limit-exceeded', `more than ${limits.layersPerImage} layers lie upon each other`);
  const fresh = new Map<FreshLayer, string>();
  const reading = { signal, fresh };
  const stack = await readInRounds(room.extensions, (round) =>
    readAll(layers, { ...round, ...reading }, room),
  ).catch(async (error: unknown) => {
    // The first failure counts.
    await keepSound(fresh, room).catch(() => undefined);
    throw error;
  });
  const { image, content } = await savePosted(stack, fresh.keys(), room);
  await noteHashes(fresh, room);
  await ancestries.save({ name, hashes, image, engineVersion });
  return content;
}

interface Reading extends Round {
  readonly signal: AbortSignal;
  /** The layers that were read, with the hashes they are called by. */
  readonly fresh: Map<FreshLayer, string>;
}

/** Keeps the layers that were read whole before another one failed: a client that tries again does not wait for these. */
async function keepSound(fresh: Reading['fresh'], room: AncestryPostingRoom): Promise<void> {
  const sound = new Map([...fresh].filter(([{ index }]) => index.problems.length === 0));
  await keepLayers(sound.keys(), room.store);
  await noteHashes(sound, room);
}

async function noteHashes(
  fresh: Reading['fresh'],
  { store: { ancestries } }: AncestryPostingRoom,
): Promise<void> {
  // A layer that was read in several rounds is noted once.
  const identities = new Map(Array.from(fresh, ([{ identity }, hash]) => [hash, identity]));
  const turns = new Turns(limits.ancestryLayersAtOnce);
  await Promise.all(
    Array.from(identities, ([hash, identity]) => turns.take(() => ancestries.noteLayer(hash, identity))),
  );
}

/** Reads each layer once; one that fails ends the reading of those above it. */
async function readAll(
  layers: readonly HashedLayer[],
  reading: Reading,
  room: AncestryPostingRoom,
): Promise<IndexedLayer[]> {
  const turns = new Turns(limits.ancestryLayersAtOnce);
  const size = new ImageSize();
  const found = new Map<string, IndexedLayer>();
  const read = async (layer: HashedLayer, signal: AbortSignal): Promise<void> => {
    const indexed = await readHashed(layer, { ...reading, signal }, room);
    size.add(indexed.index);
    found.set(layer.hash, indexed);
  };
  const byHash = new Map(layers.toReversed().map((layer) => [layer.hash, layer]));
  const distinct = [...byHash.values()].toReversed();
  const failure = new LowestFailure(distinct.length);
  await Promise.all(
    distinct.map((layer, place) => {
      const signal = AbortSignal.any([reading.signal, failure.signalOf(place)]);
      return turns
        .take(() => read(layer, signal))
        .catch((error: unknown) => {
          failure.note(place, error);
        });
    }),
  );
  failure.throwAny();
  return layers.map(({ hash }) => found.get(hash) ?? unread(hash));
}

/** A layer as it is known, or read now. */
async function readHashed(
  { hash, ...source }: HashedLayer,
  reading: Reading,
  room: AncestryPostingRoom,
): Promise<IndexedLayer> {
  reading.signal.throwIfAborted();
  const { ancestries, layers } = room.store;
  const identity = await ancestries.layerOf(hash);
  const index = identity === undefined ? undefined : await layers.find(identity, reading.key);
  if (identity !== undefined && index !== undefined) return { identity, index };
  const read = await readPosted(source, reading, room);
  reading.fresh.set(read, hash);
  return read;
}

function unread(hash: string): never {
  throw new Error(`the layer ${hash} was not read`);
}
