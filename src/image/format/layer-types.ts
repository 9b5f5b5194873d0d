import { ClairError } from '../../core/errors.ts';
import type { ImageLayer } from '../image-layer.ts';
import type { Descriptor } from './documents.ts';

/** OCI image-spec, "Image Layer Filesystem Changeset", with the suffixes that tools add; the two types of Docker. */
const layerType =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.gzip|\.zstd)?)(?:\+(?:gzip|zstd|xz|bzip2|encrypted))*$/;

/**
 * The layers of a manifest. Throws `target-unsupported` where an entry is not of the type of a layer: some runtimes pass over it, others
 * refuse the image.
 */
export function layerEntries(name: string, entries: readonly Descriptor[]): readonly Descriptor[] {
  for (const [i, { mediaType, digest }] of entries.entries()) {
    if (layerType.test(mediaType ?? '')) continue;
    const type =
      mediaType === undefined || mediaType === '' ? 'no media type' : `the media type ${mediaType}`;
    throw new ClairError(
      'target-unsupported',
      `${name}: the entry ${digest}, number ${i + 1} of its layers, has ${type}, which is none of a layer; runtimes differ in what they make of it`,
    );
  }
  return entries;
}

/** The compression that a media type states; undefined where it leaves it to the bytes, as the types of Docker without one do. */
export function statedCompression(mediaType: string | undefined): ImageLayer['statedCompression'] {
  if (mediaType === undefined) return undefined;
  if (/[.+]gzip$/.test(mediaType)) return 'gzip';
  if (/[.+]zstd$/.test(mediaType)) return 'zstd';
  return mediaType.startsWith('application/vnd.oci.') ? 'none' : undefined;
}
