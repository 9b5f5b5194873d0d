import { createHash } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { LayerSource } from '../../image/posted/layer-source.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import type { SquashedImage, SquashedProblem } from '../../match/squash.ts';
import { isUnreadablePart } from '../../match/unreadable-part.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { advisoryNamespaceOf, namespaceOfDistro } from '../../model/namespace.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { ImageIndex, Store } from '../../store/store.ts';
import { analyzerKey, type ReadLayerSource } from '../images/analyze-layers.ts';
import { buildImageIndex } from '../images/index-image.ts';
import { ecosystemOf } from '../images/package-lookup.ts';
import type { IndexedLayer, LayerStack, ReadPass } from '../images/read-passes.ts';

/** What taking in layers needs, by whatever name they come. */
export interface IngestDeps {
  readonly extensions: Pick<Extensions, 'detectors' | 'listers' | 'schemes'>;
  readonly store: Pick<Store, 'advisories' | 'images' | 'layers'>;
  readonly read: ReadLayerSource;
  /** Listers whose results do not count, by name: who reads layers asks them all. */
  readonly ignoredListers: ReadonlySet<string>;
}

/** What was found in a posted layer or image. */
export interface IngestedContent {
  readonly digest: string | undefined;
  /** The namespace of the distribution; undefined if none was recognised. */
  readonly namespace: string | undefined;
  readonly packages: number;
}

/** The number of a saved image, and what was found in it. */
export interface SavedImage {
  readonly image: number;
  readonly content: IngestedContent;
}

/** A number that changes with everything that reads layers. */
export function engineVersionOf(extensions: IngestDeps['extensions']): number {
  return createHash('sha256').update(analyzerKey(extensions)).digest().readUInt32BE(0) >>> 1;
}

/** A layer that was just read, and the analyzer key it was read under. */
export interface FreshLayer extends IndexedLayer {
  readonly key: string;
}

/** Reads a posted layer with an eye on the places of the round. Keeps nothing of it. */
export async function readPostedLayer(
  source: LayerSource,
  { key, links, signal }: ReadPass & { readonly signal: AbortSignal },
  { read, ignoredListers }: Pick<IngestDeps, 'read' | 'ignoredListers'>,
): Promise<FreshLayer> {
  const index = withoutListers(await read(source, { links, signal }), ignoredListers);
  return { identity: diffIdOf(index), index, key };
}

/** Keeps layers that were read, so that they are not read again. */
export async function saveLayers(
  fresh: Iterable<FreshLayer>,
  { layers }: Pick<Store, 'layers'>,
): Promise<void> {
  const semaphore = new Semaphore(limits.ancestryLayersAtOnce);
  await Promise.all(
    Array.from(fresh, ({ identity, key, index }) => semaphore.run(() => layers.save(identity, key, index))),
  );
}

/**
 * Saves the image that layers make, and of these the ones that were just read. Keeps nothing and throws where something of them could not be
 * read (`layer-unreadable`), or where packages belong to no namespace (`layer-unsupported`).
 */
export async function saveIngestedImage(
  stack: LayerStack,
  fresh: Iterable<FreshLayer>,
  { store, extensions }: Pick<IngestDeps, 'store' | 'extensions'>,
): Promise<SavedImage> {
  const { image, problems } = await buildImageIndex(stack, extensions);
  const { packages } = stack.squashed;
  assertAllRead(packages.length === 0 ? problems : problems.filter(isUnreadablePart));
  assertSupported(image, packages, extensions);
  await saveLayers(fresh, store);
  const { distro } = image;
  const namespace = distro === null ? undefined : namespaceOfDistro(distro);
  if (namespace !== undefined) await store.advisories.saveNamespace(advisoryNamespaceOf(namespace));
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

function diffIdOf({ diffId }: LayerIndex): string {
  if (diffId === undefined) throw new Error('a posted layer was read without being hashed');
  return diffId;
}

/** What could not be read must not look as if it were not there. */
function assertAllRead([problem]: readonly SquashedProblem[]): void {
  if (problem === undefined) return;
  throw new ClairError('layer-unreadable', `${problem.path} cannot be read: ${problem.message}`);
}

/** Packages that cannot be looked up must not look clean. */
function assertSupported(
  { distro }: Pick<ImageIndex, 'distro'>,
  packages: SquashedImage['packages'],
  extensions: IngestDeps['extensions'],
): void {
  const hasNamespace = distro !== null && namespaceOfDistro(distro) !== undefined;
  if (!hasNamespace && packages.some(({ lister }) => ecosystemOf(lister, extensions) === undefined))
    throw new ClairError('layer-unsupported', 'the packages belong to no distribution that is known');
}
