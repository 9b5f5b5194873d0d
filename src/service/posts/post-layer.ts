import type { LayerSource } from '../../image/incoming/layer-source.ts';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import type { Store } from '../../store/store.ts';
import { analyzerKey } from '../images/analyze-layers.ts';
import { type IndexedLayer, type ReadStack, readInRounds } from '../images/read-rounds.ts';
import {
  engineVersionOf,
  type PostedContent,
  type PostedLayersRoom,
  readPosted,
  savePosted,
} from './posted-layers.ts';

/** A layer by the name its client gives it, upon another of which it knows the name. */
export interface PostedLayer extends LayerSource {
  readonly name: string;
  readonly parent: string | null;
  /** The format as the client spelled it. */
  readonly formatName: string;
}

/** What taking in a layer needs. */
export interface PostingRoom extends PostedLayersRoom {
  readonly store: PostedLayersRoom['store'] & Pick<Store, 'namedLayers'>;
}

/**
 * Takes in a layer: reads it, lays it upon its parent, and keeps what a container of both would have. A layer that is there
 * already, read by the same extensions, is not read again, whatever is said of it now: the result is undefined then. Throws `parent-unknown` where there is no
 * parent of that name, or one that was read by other extensions; `layer-unsupported` where packages belong to no namespace or
 * their database cannot be read; and what reading throws.
 */
export async function postLayer(
  layer: PostedLayer,
  room: PostingRoom,
  signal: AbortSignal,
): Promise<PostedContent | undefined> {
  const { store, extensions } = room;
  const engineVersion = engineVersionOf(extensions);
  const known = (await store.namedLayers.chain(layer.name)).at(-1);
  if (known?.engineVersion === engineVersion) return undefined;
  // Of a layer that is read anew the parent stays, so it is laid upon that and no other.
  const parent = known === undefined ? layer.parent : known.parent;
  const below = await layersBelow(parent, room);
  const stack = await readUpon(below, layer, { room, signal });
  const { image, content } = await savePosted(stack, room);
  const { name, formatName: format } = layer;
  await store.namedLayers.save({ name, parent, image, format, engineVersion });
  return content;
}

async function layersBelow(
  parent: string | null,
  { store, extensions }: PostingRoom,
): Promise<readonly IndexedLayer[]> {
  if (parent === null) return [];
  const nearest = (await store.namedLayers.chain(parent)).at(-1);
  if (nearest === undefined) throw new ClairError('parent-unknown', `there is no layer ${parent}`);
  const key = analyzerKey(extensions);
  const { layers } = await store.images.read(nearest.image);
  const stack: IndexedLayer[] = [];
  for (const identity of layers) {
    const index = await store.layers.find(identity, key);
    if (index === undefined)
      throw new ClairError(
        'parent-unknown',
        `the layer ${parent} was read by other extensions: post it again`,
      );
    stack.push({ identity, index });
  }
  if (stack.length >= limits.layersPerImage)
    throw new ClairError('limit-exceeded', `more than ${limits.layersPerImage} layers lie upon each other`);
  return stack;
}

/** What lies at the places that links lead to was seen in the layers below when they were read, unless the link is new. */
async function readUpon(
  below: readonly IndexedLayer[],
  source: LayerSource,
  { room, signal }: { readonly room: PostingRoom; readonly signal: AbortSignal },
): Promise<ReadStack> {
  return await readInRounds(room.extensions, async ({ key, links }) => {
    const layer = await readPosted(source, { key, links, signal }, room);
    // Without links, they were just found under this very key.
    const seenSo =
      links.length === 0 ? below : await Promise.all(below.map((lower) => seenWith(key, lower, room.store)));
    return [...seenSo, layer];
  });
}

/** The layer as it was read with an eye on the places of a key, if it was. */
async function seenWith(
  key: string,
  { identity, index }: IndexedLayer,
  { layers }: Pick<Store, 'layers'>,
): Promise<IndexedLayer> {
  return { identity, index: (await layers.find(identity, key)) ?? index };
}
