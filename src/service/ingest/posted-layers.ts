import { createHash } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import type { SquashedImage, SquashedProblem } from '../../match/squash.ts';
import { isUnreadablePart } from '../../match/verdict.ts';
import { composeEngineVersion, isNewerEngine, type LayerIndex } from '../../model/layer-index.ts';
import { advisoryNamespaceOf, namespaceOfDistro } from '../../model/namespace.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { ImageIndex } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import { analyzerKey, analyzerRevision, type ReadLayerSource } from '../images/analyze-layers.ts';
import { buildImageIndex } from '../images/index-image.ts';
import { ecosystemOf } from '../images/package-lookup.ts';
import type { IndexedLayer, LayerStack, ReadPass } from '../images/read-passes.ts';

/** Dependencies of ingesting layers, for both APIs. */
export interface IngestDeps {
  readonly extensions: Pick<Extensions, 'detectors' | 'listers' | 'schemes'>;
  readonly store: Pick<Store, 'advisories' | 'images' | 'layers'>;
  readonly read: ReadLayerSource;
  /** Whether a manifest or metadata of a language package that cannot be read is recorded with the image. Otherwise it refuses the image. */
  readonly recordsUnread?: boolean;
  /** Names of listers whose results are dropped. Reading a layer runs all listers. */
  readonly ignoredListers: ReadonlySet<string>;
}

/** Contents of a posted layer or image. */
export interface IngestedContent {
  readonly digest: string | undefined;
  /** Namespace of the distribution. Undefined if none was recognized. */
  readonly namespace: string | undefined;
  readonly packages: number;
}

/** Number and contents of a saved image. */
export interface SavedImage {
  readonly image: number;
  readonly content: IngestedContent;
}

/** Returns the engine version of these extensions. It changes with the version of any that reads layers. */
export function engineVersionOf(extensions: IngestDeps['extensions']): number {
  const hash = createHash('sha256').update(analyzerKey(extensions)).digest().readUInt32BE(0) >>> 1;
  return composeEngineVersion(analyzerRevision(extensions), hash);
}

/** Returns whether content of an engine version was read by these extensions, or by a newer revision of the program. */
export function isCurrentEngine(version: number, extensions: IngestDeps['extensions']): boolean {
  const current = engineVersionOf(extensions);
  return version === current || isNewerEngine(version, current);
}

/** A layer that was just read, and the analyzer key under which it was read. */
export interface FreshLayer extends IndexedLayer {
  readonly key: string;
}

/** Returns a layer that was just read, without the results of ignored listers. */
export function toFreshLayer(
  index: LayerIndex,
  { key }: ReadPass,
  { ignoredListers }: Pick<IngestDeps, 'ignoredListers'>,
): FreshLayer {
  return { identity: diffIdOf(index), index: withoutListers(index, ignoredListers), key };
}

/** Stores layers, so that they need not be read again. */
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
 * Saves an image and those of its layers that were just read. Throws `layer-unreadable` if a part of them could not be read and is not
 * recorded, and `layer-unsupported` if packages belong to no namespace. Stores nothing if it refuses the image.
 */
export async function saveIngestedImage(
  stack: LayerStack,
  fresh: Iterable<FreshLayer>,
  { store, extensions, recordsUnread = false }: Pick<IngestDeps, 'store' | 'extensions' | 'recordsUnread'>,
): Promise<SavedImage> {
  const { image, problems } = await buildImageIndex(stack, extensions);
  const { packages } = stack.squashed;
  const isRecorded = ({ extension }: SquashedProblem): boolean =>
    recordsUnread && ecosystemOf(extension, extensions) !== undefined;
  const isRefused = (problem: SquashedProblem): boolean => isUnreadablePart(problem) && !isRecorded(problem);
  assertAllRead(packages.length === 0 ? problems : problems.filter(isRefused));
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
    ...(index.packageFiles && {
      packageFiles: {
        ...index.packageFiles,
        packages: index.packageFiles.packages.filter(counts),
        problems: index.packageFiles.problems.filter(({ extension }) => !ignored.has(extension)),
      },
    }),
    owned: index.owned.filter(counts),
    problems: index.problems.filter(({ extension }) => !ignored.has(extension)),
    ...(index.pairs && { pairs: index.pairs.filter(({ extension }) => !ignored.has(extension)) }),
  };
}

function diffIdOf({ diffId }: LayerIndex): string {
  if (diffId === undefined) throw new Error('a posted layer was read without being hashed');
  return diffId;
}

/** Throws if a part was not read: its packages would seem absent. */
function assertAllRead([problem]: readonly SquashedProblem[]): void {
  if (problem === undefined) return;
  throw new ClairError('layer-unreadable', `${problem.path} cannot be read: ${problem.message}`);
}

/** Throws if packages cannot be looked up: they would seem to have no vulnerabilities. */
function assertSupported(
  { distro }: Pick<ImageIndex, 'distro'>,
  packages: SquashedImage['packages'],
  extensions: IngestDeps['extensions'],
): void {
  const hasNamespace = distro !== null && namespaceOfDistro(distro) !== undefined;
  if (!hasNamespace && packages.some(({ lister }) => ecosystemOf(lister, extensions) === undefined))
    throw new ClairError('layer-unsupported', 'the packages belong to no known distribution');
}
