import { normalizePlatform } from '../../image/format/platform.ts';
import type { Image } from '../../image/image.ts';
import { digestsOf } from '../../model/image-identity.ts';
import { parseImageName } from '../../model/image-name.ts';
import type { ImageTag, SeenImage } from '../../store/known-image-store.ts';
import type { IndexedImage } from './indexed-image.ts';

/**
 * Returns what the store records of an image that was read. `isScoped` states whether options of the user changed the index. Returns
 * undefined if a layer has no diffID: nothing else is the same in a registry, an archive and a daemon.
 */
export function seenImageOf(
  { target, labels = {}, root }: Image,
  { id, layers }: Pick<IndexedImage, 'id' | 'layers'>,
  isScoped: boolean,
): SeenImage | undefined {
  const diffIds = layers.flatMap(({ diffId }) => diffId ?? []);
  if (diffIds.length === 0 || diffIds.length < layers.length) return undefined;
  const { platform, reference, kind, created, names = [] } = target;
  return {
    image: id,
    isScoped,
    isVerified: layers.every(({ verified }) => verified),
    diffIds,
    platform: platform === null ? null : normalizePlatform(platform),
    reference,
    origin: kind,
    digest: target.digest ?? target.manifest,
    hasManifest: target.manifest !== null,
    digests: digestsOf(target),
    names: names.flatMap((name) => imageTagOf(name) ?? []),
    ...(root !== undefined && { root }),
    ...(created !== undefined && { created }),
    labels,
  };
}

/** Returns the tag that a reference names, with its registry. Undefined if it names none. */
export function imageTagOf(reference: string): ImageTag | undefined {
  const { registry, repository, tag } = parseImageName(reference) ?? {};
  if (registry === undefined || repository === undefined || tag === undefined) return undefined;
  return { repository: `${registry}/${repository}`, tag };
}
