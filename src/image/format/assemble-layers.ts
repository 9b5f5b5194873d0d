import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Digest } from '../../model/digest.ts';
import type { BlobStore } from '../container/image-container.ts';
import type { ImageLayer } from '../image-layer.ts';
import type { ImageConfig } from './documents.ts';
import { statedCompression } from './layer-types.ts';

/** A layer file as named in a manifest. */
export interface ManifestLayer {
  readonly name: string;
  readonly digest?: Digest;
  readonly mediaType?: string | undefined;
}

/**
 * Combines the layer files of a manifest with the diffIDs and the history of the configuration. Throws `target-corrupt` if a layer is
 * missing.
 */
export function assembleLayers(
  container: BlobStore,
  files: readonly ManifestLayer[],
  config: ImageConfig,
): ImageLayer[] {
  checkLayerCount(container.name, files.length);
  const claims = claimsIn(config, files.length);
  return files.map(({ name, digest, mediaType }, i) => {
    const stored = container.find(name);
    if (stored === undefined)
      throw new ClairError('target-corrupt', `${container.name} has no ${name}, a layer of the image`);
    const stated = statedCompression(mediaType);
    return {
      ...stored,
      ...(stated && { statedCompression: stated }),
      ...(digest && { digest }),
      ...claims[i],
    };
  });
}

/** Throws `limit-exceeded` if an image has more layers than `limits.layersPerImage`. */
export function checkLayerCount(name: string, count: number): void {
  if (count > limits.layersPerImage)
    throw new ClairError('limit-exceeded', `${name} has ${count} layers, more than ${limits.layersPerImage}`);
}

/**
 * Throws `target-corrupt` if the configuration has another number of diffIDs than the image has layers. Runtimes differ in which layers
 * they then use.
 */
export function checkDiffIdCount(name: string, count: number, { rootfs }: ImageConfig): void {
  const diffIds = rootfs?.diff_ids;
  if (!diffIds || diffIds.length === count) return;
  throw new ClairError(
    'target-corrupt',
    `${name} has ${count} layers, and its configuration has the diffIDs of ${diffIds.length}: runtimes differ in which layers they use`,
  );
}

/** Returns the claims of a configuration for each of `count` layers, the lowest first. */
export function claimsIn(config: ImageConfig, count: number): Pick<ImageLayer, 'diffId' | 'createdBy'>[] {
  // Build caches and truncated archives have a configuration of other layers. It then gives no reliable information about any layer.
  const claimed = config.rootfs?.diff_ids ?? [];
  const diffIds = claimed.length === count ? claimed : [];
  const steps = (config.history ?? []).filter((step) => step.empty_layer !== true);
  const instructions = steps.length === count ? steps : [];
  return Array.from({ length: count }, (_, i) => {
    const diffId = diffIds[i];
    const createdBy = instructions[i]?.created_by;
    return { ...(diffId && { diffId }), ...(createdBy && { createdBy }) };
  });
}
