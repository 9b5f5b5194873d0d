import { ClairError } from '../../core/errors.ts';
import type { ImageLayer } from '../image-layer.ts';
import type { Descriptor } from './documents.ts';

/** Media types of layers: OCI image-spec, "Image Layer Filesystem Changeset", with the suffixes that tools add, and two types of Docker. */
const layerType =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.gzip|\.zstd)?)(?:\+(?:gzip|zstd|xz|bzip2|encrypted))*$/;

/**
 * Returns the layers of a manifest. Throws `target-unsupported` if an entry does not have the media type of a layer. Some runtimes skip
 * such an entry, others refuse the image.
 */
export function layerEntries(name: string, entries: readonly Descriptor[]): readonly Descriptor[] {
  for (const [i, { mediaType, digest }] of entries.entries()) {
    if (layerType.test(mediaType ?? '')) continue;
    const type =
      mediaType === undefined || mediaType === '' ? 'no media type' : `the media type ${mediaType}`;
    throw new ClairError(
      'target-unsupported',
      `${name}: the entry ${digest}, number ${i + 1} of its layers, has ${type}, which is not the type of a layer; runtimes differ in how they handle it`,
    );
  }
  return entries;
}

/** Returns the compression that a media type states, or undefined if it states none, such as Docker's types without a suffix. */
export function statedCompression(mediaType: string | undefined): ImageLayer['statedCompression'] {
  if (mediaType === undefined) return undefined;
  if (/[.+]gzip$/.test(mediaType)) return 'gzip';
  if (/[.+]zstd$/.test(mediaType)) return 'zstd';
  return mediaType.startsWith('application/vnd.oci.') ? 'none' : undefined;
}
