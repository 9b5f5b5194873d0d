import type { AssessedReport } from '../findings/match-image.ts';
import {
  type AssessStoredOptions,
  assessStoredImage,
  imageOfPlatform,
  openStoredImage,
  type StoredImageDeps,
} from './stored-image.ts';

/** Options of `reportOfImage`. */
export interface ImageReportOptions extends AssessStoredOptions {
  /** Chooses an image if the digest is that of an index. */
  readonly platform?: string | undefined;
}

/**
 * Returns the report of an image that a server has scanned, from its stored layers. Returns undefined if no image has the digest. Throws
 * `usage` if several have it, and `layer-not-found` if the image must be scanned again.
 */
export async function reportOfImage(
  digest: string,
  { platform, ...options }: ImageReportOptions,
  deps: StoredImageDeps,
): Promise<AssessedReport | undefined> {
  const known = imageOfPlatform(await deps.store.knownImages.findByDigest(digest), platform);
  if (known === undefined) return undefined;
  return await assessStoredImage(await openStoredImage(known, deps), options, deps);
}
