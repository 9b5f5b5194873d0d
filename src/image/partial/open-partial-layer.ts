import { parseDigest } from '../../model/digest.ts';
import type { Descriptor } from '../format/documents.ts';
import { estargzAnnotation, openEstargz } from './estargz.ts';
import type { PartialLayer } from './partial-layer.ts';
import type { StoredLayer } from './stored-layer.ts';
import { TableError } from './table-document.ts';
import { chunkedChecksumAnnotation, chunkedPositionAnnotation, openZstdChunked } from './zstd-chunked.ts';

/**
 * Opens a layer by the table of contents that the manifest pins. Returns undefined if the manifest names none. Throws `TableError` if the
 * layer must be fetched whole, and `registry-…` errors.
 */
export async function openPartialLayer(
  { annotations, mediaType = '' }: Pick<Descriptor, 'annotations' | 'mediaType'>,
  layer: StoredLayer,
): Promise<PartialLayer | undefined> {
  const estargz = annotations?.[estargzAnnotation];
  const checksum = annotations?.[chunkedChecksumAnnotation];
  if (mediaType.endsWith('+zstd') && checksum !== undefined)
    return await openZstdChunked(layer, {
      digest: pinOf(checksum),
      position: annotations?.[chunkedPositionAnnotation] ?? '',
    });
  if (/[.+]gzip$/.test(mediaType) && estargz !== undefined) return await openEstargz(layer, pinOf(estargz));
  return undefined;
}

function pinOf(text: string): ReturnType<typeof parseDigest> & string {
  const digest = parseDigest(text);
  if (digest === undefined) throw new TableError('has no valid digest in the manifest');
  return digest;
}
