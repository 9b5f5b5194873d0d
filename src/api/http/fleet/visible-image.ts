import { parseDigest } from '../../../model/digest.ts';
import { parseImageName } from '../../../model/image-name.ts';
import { imageOfPlatform } from '../../../service/fleet/stored-image.ts';
import { findKnownImages } from '../../../service/images/find-known-images.ts';
import type { KnownImage } from '../../../store/known-image-store.ts';
import type { Store } from '../../../store/store.ts';
import { type ApiRequest, WireError } from '../route.ts';

/** The part of a request that decides which images its token may read. */
export type ImageReader = Pick<ApiRequest, 'repositories'>;

/** Returns an image with the names that the token may read; nothing if it has none. */
export function visibleImage(image: KnownImage, { repositories }: ImageReader): KnownImage[] {
  if (repositories === undefined) return [image];
  const names = image.names.filter(({ repository }) => repositories.allows(repository));
  const [first] = names;
  return first === undefined ? [] : [{ ...image, names, reference: `${first.repository}:${first.tag}` }];
}

/**
 * Returns the images that a digest or name means, with the names that the token may read. Throws `usage` for any other text, and `WireError`
 * 404 if no image has it, if the token may not read all of them, or if it may not read the repository of the name.
 */
export async function readableImages(
  reference: string,
  { request, store }: { readonly request: ImageReader; readonly store: Pick<Store, 'knownImages'> },
): Promise<readonly KnownImage[]> {
  const found = await findKnownImages(reference, store);
  const visible = found.flatMap((image) => visibleImage(image, request));
  const isComplete = found.length > 0 && visible.length === found.length;
  if (!isComplete || !mayName(reference, request)) throw unknownImage(reference);
  return visible;
}

/** Whether a token may ask by a name. Without this, it learns which image a name of another repository means. A digest names any image. */
function mayName(reference: string, { repositories }: ImageReader): boolean {
  if (repositories === undefined || parseDigest(reference) !== undefined) return true;
  return parseImageName(reference)?.digest !== undefined || repositories.allowsReference(reference);
}

function unknownImage(reference: string): WireError {
  return new WireError(404, `no image has the name or digest ${reference}`);
}

/**
 * Returns the image that a digest or name means, with the names that the token may read. Throws `usage` if several platforms have it, and
 * `WireError` 404 if no image has it, or if the token may not read all images of the digest.
 */
export async function readableImage(
  reference: string,
  platform: string | undefined,
  { request, store }: { readonly request: ImageReader; readonly store: Pick<Store, 'knownImages'> },
): Promise<KnownImage> {
  const image = imageOfPlatform(await readableImages(reference, { request, store }), platform);
  if (image === undefined) throw unknownImage(reference);
  return image;
}
