import { createHash } from 'node:crypto';
import type { LayerSource } from '../../image/incoming/layer-source.ts';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { Turns } from '../../kit/turns.ts';
import type { SquashedImage, SquashedProblem } from '../../match/squash.ts';
import { isUnread } from '../../match/unread.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { advisoryNamespaceOf, namespaceOfDistro } from '../../model/namespace.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { ImageIndex, Store } from '../../store/store.ts';
import { analyzerKey, type ReadLayerSource } from '../images/analyze-layers.ts';
import { imageOf } from '../images/index-image.ts';
import { ecosystemOf } from '../images/look-up.ts';
import type { IndexedLayer, ReadStack, Round } from '../images/read-rounds.ts';

/** What taking in layers needs, by whatever name they come. */
export interface PostedLayersRoom {
  readonly extensions: Pick<Extensions, 'detectors' | 'listers' | 'schemes'>;
  readonly store: Pick<Store, 'advisories' | 'images' | 'layers'>;
  readonly read: ReadLayerSource;
  /** Listers whose results do not count, by name: who reads layers asks them all. */
  readonly ignoredListers: ReadonlySet<string>;
}

/** What was found in a posted layer or image. */
export interface PostedContent {
  readonly digest: string | undefined;
  /** The namespace of the distribution; undefined if none was recognised. */
  readonly namespace: string | undefined;
  readonly packages: number;
}

/** The number of a saved image, and what was found in it. */
export interface SavedImage {
  readonly image: number;
  readonly content: PostedContent;
}

/** A number that changes with everything that reads layers. */
export function engineVersionOf(extensions: PostedLayersRoom['extensions']): number {
  return createHash('sha256').update(analyzerKey(extensions)).digest().readUInt32BE(0) >>> 1;
}

/** A layer that was just read, and the analyzer key it was read under. */
export interface FreshLayer extends IndexedLayer {
  readonly key: string;
}

/** Reads a posted layer with an eye on the places of the round. Keeps nothing of it. */
export async function readPosted(
  source: LayerSource,
  { key, links, signal }: Round & { readonly signal: AbortSignal },
  { read, ignoredListers }: Pick<PostedLayersRoom, 'read' | 'ignoredListers'>,
): Promise<FreshLayer> {
  const index = withoutListers(await read(source, { links, signal }), ignoredListers);
  return { identity: identityOf(index), index, key };
}

/** Keeps layers that were read, so that they are not read again. */
export async function keepLayers(
  fresh: Iterable<FreshLayer>,
  { layers }: Pick<Store, 'layers'>,
): Promise<void> {
  const turns = new Turns(limits.ancestryLayersAtOnce);
  await Promise.all(
    Array.from(fresh, ({ identity, key, index }) => turns.take(() => layers.save(identity, key, index))),
  );
}

/**
 * Saves the image that layers make, and of these the ones that were just read. Keeps nothing and throws where something of them could not be
 * read (`layer-unreadable`), or where packages belong to no namespace (`layer-unsupported`).
 */
export async function savePosted(
  stack: ReadStack,
  fresh: Iterable<FreshLayer>,
  { store, extensions }: Pick<PostedLayersRoom, 'store' | 'extensions'>,
): Promise<SavedImage> {
  const { image, problems } = await imageOf(stack, extensions);
  const { packages } = stack.squashed;
  refuseUnread(packages.length === 0 ? problems : problems.filter(isUnread));
  refuseUnsupported(image, packages, extensions);
  await keepLayers(fresh, store);
  const { distro } = image;
  const namespace = distro === null ? undefined : namespaceOfDistro(distro);
  if (namespace !== undefined) await store.advisories.noteNamespace(advisoryNamespaceOf(namespace));
  const content = {
    digest: image.layers.at(-1),
    namespace: namespace?.name,
    packages: image.packages.length,
  };
  return { image: await store.images.save(image), content };
}

function withoutListers(index: LayerIndex, ignored: ReadonlySet<string>): LayerIndex {
  if (ignored.size === 0) return index;
  const counts = ({ lister }: { readonly lister: string }): boolean => !ignored.has(lister);
  return {
    ...index,
    packages: index.packages.filter(counts),
    owned: index.owned.filter(counts),
    problems: index.problems.filter(({ extension }) => !ignored.has(extension)),
    ...(index.pairs && { pairs: index.pairs.filter(({ extension }) => !ignored.has(extension)) }),
  };
}

function identityOf({ diffId }: LayerIndex): string {
  if (diffId === undefined) throw new Error('a posted layer was read without being hashed');
  return diffId;
}

/** What could not be read must not look as if it were not there. */
function refuseUnread([problem]: readonly SquashedProblem[]): void {
  if (problem === undefined) return;
  throw new ClairError('layer-unreadable', `${problem.path} cannot be read: ${problem.message}`);
}

/** Packages that cannot be looked up must not look clean. */
function refuseUnsupported(
  { distro }: Pick<ImageIndex, 'distro'>,
  packages: SquashedImage['packages'],
  extensions: PostedLayersRoom['extensions'],
): void {
  const hasNamespace = distro !== null && namespaceOfDistro(distro) !== undefined;
  if (!hasNamespace && packages.some(({ lister }) => ecosystemOf(lister, extensions) === undefined))
    throw new ClairError('layer-unsupported', 'the packages belong to no distribution that is known');
}
