import { ClairError } from '../../core/errors.ts';
import type { Image } from '../../image/image.ts';
import { layerIdentity } from '../../image/image-layer.ts';
import type { KeyedMutex } from '../../kit/async/keyed-mutex.ts';
import { compareText } from '../../model/order.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { AttachedVex } from '../../store/attached-vex-store.ts';
import type { ScanRequest } from '../../store/scan-job-store.ts';
import type { Store } from '../../store/store.ts';
import { indexImage } from '../images/index-image.ts';
import { ReadPasses } from '../images/read-passes.ts';
import { seenImageOf } from '../images/seen-image.ts';
import { findStoredIndexes } from '../images/stored-indexes.ts';
import { writeImageSource } from './image-source.ts';
import type { ImageAnalyzer } from './worker-analyzer.ts';

/** Dependencies of `scanImage`. */
export interface ScanImageDeps {
  readonly store: Pick<Store, 'images' | 'layers' | 'knownImages' | 'attachedVex'>;
  readonly extensions: Extensions;
  readonly analyzer: ImageAnalyzer;
  /** Opens an image of a registry. Throws `registry-…` and `target-…` errors. */
  readonly openImage: (request: Pick<ScanRequest, 'reference' | 'platform'>) => Promise<Image>;
  /**
   * Reads the VEX documents that are attached to an image. Returns undefined if none could count. Throws `registry-…` errors. Absent if no
   * document counts for any image.
   */
  readonly readVex?: ((image: Image) => Promise<AttachedVex | undefined>) | undefined;
  /**
   * Ends the check whether the repository has the layers. Absent if stored layers need no check: no client is limited to repositories.
   */
  readonly checkingLayers?: AbortSignal | undefined;
  /** Lets one scan at a time read a layer. */
  readonly layerTurns: KeyedMutex;
  /** Called when the next step begins. */
  readonly onStep: (step: string) => void;
}

/**
 * Scans an image of a registry, and records it under its name, with its attached VEX documents. Returns its digest. Throws the error of a
 * step. If only the documents cannot be fetched, the image is recorded, and those of an earlier scan stay.
 */
export async function scanImage(
  request: Pick<ScanRequest, 'reference' | 'platform'>,
  deps: ScanImageDeps,
): Promise<string> {
  const { store, extensions, analyzer, onStep } = deps;
  onStep('open the image');
  const image = await deps.openImage(request);
  const source = writeImageSource(image);
  if (deps.checkingLayers !== undefined) {
    onStep('check the layers');
    // A stored layer, or its extract, may be one of another repository.
    await image.checkLayers?.(deps.checkingLayers);
  }
  onStep('read layers');
  const indexed = await inTurn(await unreadLayers(image, deps), deps, () =>
    indexImage(image, { store, extensions, analyzer, verify: true, onProgress: () => undefined }),
  );
  onStep('record the image');
  const described = seenImageOf(image, indexed, false);
  const seen = described && { ...described, keepsOthers: deps.checkingLayers !== undefined };
  const known = seen && (await store.knownImages.record(seen));
  if (known === undefined || !seen?.digest)
    throw new ClairError('target-unsupported', `${request.reference} has a layer without a digest`);
  await store.knownImages.saveSource(known, source, seen);
  if (deps.readVex !== undefined) {
    onStep('read attached VEX documents');
    const attached = await deps.readVex(image);
    if (attached !== undefined)
      await store.attachedVex.save(known, `attached/${attached.repository}@${seen.digest}`, attached);
  }
  return seen.digest;
}

/** Returns the identities of the layers that must be read, sorted. */
async function unreadLayers({ layers }: Image, { store, extensions }: ScanImageDeps): Promise<string[]> {
  const { key } = new ReadPasses(extensions).current;
  const { unread } = await findStoredIndexes(layers, key, { store, verify: true });
  const identities = unread.map((layer) => layerIdentity(layer, { verify: true }) ?? '');
  return [...new Set(identities)].sort(compareText);
}

/** Waits until no other scan reads these layers. All scans take the layers in the same order, so none waits for one that waits for it. */
async function inTurn<T>(
  layers: readonly string[],
  deps: Pick<ScanImageDeps, 'layerTurns'>,
  work: () => Promise<T>,
): Promise<T> {
  const [first, ...others] = layers;
  if (first === undefined) return await work();
  return await deps.layerTurns.run(first, () => inTurn(others, deps, work));
}
