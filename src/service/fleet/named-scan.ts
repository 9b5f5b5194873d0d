import type { ImageTag } from '../../store/known-image-store.ts';
import type { ScanLane, ScanRequest } from '../../store/scan-job-store.ts';

/** An image by one of its names. */
export interface NamedImage extends ImageTag {
  readonly platform: string | null;
}

/** A reason to scan a known image again, and where the settings allow it. */
export interface NamedScanTerms {
  readonly lane: ScanLane;
  /** Whether the settings allow the server to contact a registry. */
  readonly mayContact: (registry: string) => boolean;
}

/** Returns the request for a scan of an image by its name. Undefined if the server may not contact the registry. */
export function scanByName(
  { repository, tag, platform }: NamedImage,
  { lane, mayContact }: NamedScanTerms,
): ScanRequest | undefined {
  const [registry = ''] = repository.split('/');
  return mayContact(registry) ? { reference: `${repository}:${tag}`, registry, platform, lane } : undefined;
}
