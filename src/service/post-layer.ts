import { createHash } from 'node:crypto';
import type { LayerSource } from '../image/incoming/layer-source.ts';
import { ClairError } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';
import type { LinkedPlace } from '../match/links.ts';
import { type SquashedImage, squash } from '../match/squash.ts';
import type { Distro } from '../model/distro.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { advisoryNamespaceOf, namespaceOfDistro } from '../model/namespace.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { Store } from '../store/store.ts';
import { analyzerKey, type ReadLayerSource, wantedPatterns } from './analyze-layers.ts';
import { ecosystemOf, imageOf } from './index-image.ts';

/** A layer by the name its client gives it, upon another of which it knows the name. */
export interface PostedLayer extends LayerSource {
  readonly name: string;
  readonly parent: string | null;
  /** The format as the client spelled it. */
  readonly formatName: string;
}

/** What taking in a layer needs. */
export interface PostingRoom {
  readonly extensions: Pick<Extensions, 'detectors' | 'listers' | 'schemes'>;
  readonly store: Pick<Store, 'advisories' | 'images' | 'layers' | 'namedLayers'>;
  readonly read: ReadLayerSource;
  /** Listers whose results do not count, by name: who reads layers asks them all. */
  readonly ignoredListers: ReadonlySet<string>;
}

/**
 * Takes in a layer: reads it, lays it upon its parent, and keeps what a container of both would have. A layer that is there
 * already, read by the same extensions, is not read again, whatever is said of it now. Throws `parent-unknown` where there is no
 * parent of that name, or one that was read by other extensions; `layer-unsupported` where packages belong to no namespace or
 * their database cannot be read; and what reading throws.
 */
export async function postLayer(layer: PostedLayer, room: PostingRoom, signal: AbortSignal): Promise<void> {
  const { store, extensions } = room;
  const engineVersion = engineVersionOf(extensions);
  const known = (await store.namedLayers.chain(layer.name)).at(-1);
  if (known?.engineVersion === engineVersion) return;
  // Of a layer that is read anew the parent stays, so it is laid upon that and no other.
  const parent = known === undefined ? layer.parent : known.parent;
  const below = await layersBelow(parent, room);
  const stack = await readUpon(below, layer, { room, signal });
  const image = await imageOf(stack, extensions);
  const { distro } = image;
  refuseUnsupported(distro, stack.squashed, extensions);
  const namespace = distro === null ? undefined : namespaceOfDistro(distro);
  if (namespace !== undefined) await store.advisories.noteNamespace(advisoryNamespaceOf(namespace));
  const { name, formatName: format } = layer;
  await store.namedLayers.save({
    name,
    parent,
    image: await store.images.save(image),
    format,
    engineVersion,
  });
}

/** A number that changes with everything that reads layers. */
export function engineVersionOf(extensions: PostingRoom['extensions']): number {
  return createHash('sha256').update(analyzerKey(extensions)).digest().readUInt32BE(0) >>> 1;
}

/** A layer of the chain, the lowest first. */
interface StackedLayer {
  readonly identity: string;
  readonly index: LayerIndex;
}

async function layersBelow(
  parent: string | null,
  { store, extensions }: PostingRoom,
): Promise<readonly StackedLayer[]> {
  if (parent === null) return [];
  const nearest = (await store.namedLayers.chain(parent)).at(-1);
  if (nearest === undefined) throw new ClairError('parent-unknown', `there is no layer ${parent}`);
  const key = analyzerKey(extensions);
  const { layers } = await store.images.read(nearest.image);
  const stack: StackedLayer[] = [];
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

interface Reading {
  readonly room: PostingRoom;
  readonly signal: AbortSignal;
}

/** A layer upon others, read and laid over them. */
interface ReadStack {
  readonly layers: readonly StackedLayer[];
  readonly squashed: SquashedImage;
  /** The analyzer key of the reading. */
  readonly key: string;
}

/**
 * Reads a layer and, where links lead to places nobody asked for, reads it again with an eye on these. What lies there in the
 * layers below was seen when they were read, unless the link is new.
 */
async function readUpon(
  below: readonly StackedLayer[],
  source: LayerSource,
  { room: { extensions, ignoredListers, store, read }, signal }: Reading,
): Promise<ReadStack> {
  const patterns = wantedPatterns(extensions);
  let links: readonly LinkedPlace[] = [];
  for (let round = 1; ; round++) {
    const key = analyzerKey(extensions, links);
    const index = withoutListers(await read(source, { links, signal }), ignoredListers);
    const identity = identityOf(index);
    await store.layers.save(identity, key, index);
    // Without links, they were just found under this very key.
    const seenSo = round === 1 ? below : await Promise.all(below.map((layer) => seenWith(key, layer, store)));
    const layers = [...seenSo, { identity, index }];
    const indexes = layers.map((layer) => layer.index);
    const squashed = squash(indexes, { patterns, links });
    const isLast = round === limits.readings || links.length + squashed.unread.length > limits.linkedPlaces;
    if (squashed.unread.length === 0 || isLast) return { layers, squashed, key };
    links = [...links, ...squashed.unread];
  }
}

/** The layer as it was read with an eye on the places of a key, if it was. */
async function seenWith(
  key: string,
  { identity, index }: StackedLayer,
  { layers }: Pick<Store, 'layers'>,
): Promise<StackedLayer> {
  return { identity, index: (await layers.find(identity, key)) ?? index };
}

function withoutListers(index: LayerIndex, ignored: ReadonlySet<string>): LayerIndex {
  if (ignored.size === 0) return index;
  const counts = ({ lister }: { readonly lister: string }): boolean => !ignored.has(lister);
  return {
    ...index,
    packages: index.packages.filter(counts),
    owned: index.owned.filter(counts),
    problems: index.problems.filter(({ extension }) => !ignored.has(extension)),
  };
}

function identityOf({ diffId }: LayerIndex): string {
  if (diffId === undefined) throw new Error('a posted layer was read without being hashed');
  return diffId;
}

/** What nobody could look up must not look clean. */
function refuseUnsupported(
  distro: Distro | null,
  { packages, problems }: SquashedImage,
  extensions: PostingRoom['extensions'],
): void {
  const hasNamespace = distro !== null && namespaceOfDistro(distro) !== undefined;
  if (!hasNamespace && packages.some(({ lister }) => ecosystemOf(lister, extensions) === undefined))
    throw new ClairError('layer-unsupported', 'the packages belong to no distribution that is known');
  const [problem] = problems;
  if (packages.length === 0 && problem !== undefined)
    throw new ClairError('layer-unreadable', `${problem.path} cannot be read: ${problem.message}`);
}
