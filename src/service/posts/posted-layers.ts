import { createHash } from 'node:crypto';
import type { LayerSource } from '../../image/incoming/layer-source.ts';
import { ClairError } from '../../kit/errors.ts';
import type { SquashedImage } from '../../match/squash.ts';
import type { Distro } from '../../model/distro.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { advisoryNamespaceOf, namespaceOfDistro } from '../../model/namespace.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { Store } from '../../store/store.ts';
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

/** Reads a layer that somebody posted, and keeps what it tells under the analyzer key of the round. */
export async function readPosted(
  source: LayerSource,
  { key, links, signal }: Round & { readonly signal: AbortSignal },
  { read, ignoredListers, store }: Pick<PostedLayersRoom, 'read' | 'ignoredListers' | 'store'>,
): Promise<IndexedLayer> {
  const index = withoutListers(await read(source, { links, signal }), ignoredListers);
  const identity = identityOf(index);
  await store.layers.save(identity, key, index);
  return { identity, index };
}

/**
 * Saves the image that layers make. Throws `layer-unsupported` where packages belong to no namespace, and
 * `layer-unreadable` where their database cannot be read.
 */
export async function savePosted(
  stack: ReadStack,
  { store, extensions }: Pick<PostedLayersRoom, 'store' | 'extensions'>,
): Promise<SavedImage> {
  const { image } = await imageOf(stack, extensions);
  const { distro } = image;
  refuseUnsupported(distro, stack.squashed, extensions);
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
  extensions: PostedLayersRoom['extensions'],
): void {
  const hasNamespace = distro !== null && namespaceOfDistro(distro) !== undefined;
  if (!hasNamespace && packages.some(({ lister }) => ecosystemOf(lister, extensions) === undefined))
    throw new ClairError('layer-unsupported', 'the packages belong to no distribution that is known');
  const [problem] = problems;
  if (packages.length === 0 && problem !== undefined)
    throw new ClairError('layer-unreadable', `${problem.path} cannot be read: ${problem.message}`);
}
