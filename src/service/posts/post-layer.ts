import type { LayerSource } from '../../image/incoming/layer-source.ts';
import type { Store } from '../../store/store.ts';
import { type IndexedLayer, type ReadStack, readInRounds } from '../images/read-rounds.ts';
import { layersBelow, placesNotRead, readWithLinks, type StoredStack, storedUnder } from './layers-below.ts';
import {
  engineVersionOf,
  type FreshLayer,
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
 * parent of that name, or one that was read by other extensions; `layer-unreadable` if something of
 * the layers could not be read; `layer-unsupported` if packages belong to no namespace; and what reading throws. Nothing is kept then.
 */
export async function postLayer(
  layer: PostedLayer,
  room: PostingRoom,
  signal: AbortSignal,
): Promise<PostedContent | undefined> {
  const { store, extensions } = room;
  const engineVersion = engineVersionOf(extensions);
  const known = await store.namedLayers.find(layer.name);
  if (known?.engineVersion === engineVersion) return undefined;
  // Of a layer that is read anew the parent stays, so it is laid upon that and no other.
  const parent = known === undefined ? layer.parent : known.parent;
  const below = await layersBelow(parent, room);
  const { stack, fresh } = await readUpon(below, layer, { room, signal });
  const { image, content } = await savePosted(stack, fresh, room);
  const { name, formatName: format } = layer;
  await store.namedLayers.save({ name, parent, image, format, engineVersion });
  return content;
}

/** A stack, and the readings of its new layer. */
interface PostedStack {
  readonly stack: ReadStack;
  readonly fresh: readonly FreshLayer[];
}

/** Reads the new layer upon stored ones, as often as links ask for it. */
async function readUpon(
  below: readonly IndexedLayer[],
  source: LayerSource,
  { room, signal }: { readonly room: PostingRoom; readonly signal: AbortSignal },
): Promise<PostedStack> {
  const fresh: FreshLayer[] = [];
  let linked: StoredStack = { layers: below, links: [] };
  const stack = await readInRounds(room.extensions, async ({ key, links }) => {
    const layer = await readPosted(source, { key, links, signal }, room);
    fresh.push(layer);
    // Without links, they were just found under this very key.
    if (links.length === 0) return [...below, layer];
    if (fresh.length === 2) linked = await readWithLinks(below, room);
    const lower = await storedUnder(key, linked.layers, room.store);
    return [...lower, layer];
  });
  return { stack: withPlacesNotRead(stack, linked), fresh };
}

/** The stack, with a problem for each linked place at which the layers below were not read. */
function withPlacesNotRead({ squashed, ...stack }: ReadStack, below: StoredStack): ReadStack {
  const uppermost = stack.layers.at(-1);
  const places = uppermost === undefined ? [] : placesNotRead(stack.links, below, uppermost.index);
  const problems = places.map(({ place, standsFor }) => ({
    extension: 'layer',
    path: standsFor,
    message: `leads to ${place}, where the layers below were not read; post the image as an ancestry, or scan it`,
    layer: below.layers.length,
  }));
  return { ...stack, squashed: { ...squashed, problems: [...squashed.problems, ...problems] } };
}
