import { ClairError } from '../../core/errors.ts';
import { parseDigest } from '../../model/digest.ts';
import { parseImageName } from '../../model/image-name.ts';
import type { ImageTag, KnownImage } from '../../store/known-image-store.ts';
import type { Store } from '../../store/store.ts';

/**
 * Returns the images that a name or digest means, one for each platform: `shop/web:1.4`, `shop/web@sha256:…` or `sha256:…`. A name without
 * a tag means `latest`. Throws `usage` for any other text.
 */
export async function findKnownImages(
  reference: string,
  { knownImages }: Pick<Store, 'knownImages'>,
): Promise<readonly KnownImage[]> {
  const digest = parseDigest(reference) ?? parseDigest(parseImageName(reference)?.digest ?? '');
  if (digest !== undefined) return await knownImages.findByDigest(digest);
  return await knownImages.findByName(knownTagOf(reference));
}

/** Parses a name of an image, whose tag is `latest` by default. Throws `usage`. */
export function knownTagOf(reference: string): ImageTag {
  const { registry, repository, tag = 'latest' } = parseImageName(reference) ?? {};
  if (registry !== undefined && repository !== undefined)
    return { repository: `${registry}/${repository}`, tag };
  throw new ClairError('usage', `${reference} is neither a name nor a digest of an image`);
}

/** Returns an image as JSON, for files and for API clients. */
export function toKnownJson({ number, image: _, diffIds, names, ...known }: KnownImage): object {
  return {
    number,
    ...known,
    names: names.map(({ repository, tag, since }) => ({ name: `${repository}:${tag}`, since })),
    layers: diffIds,
  };
}
