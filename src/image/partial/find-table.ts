import { type Digest, parseDigest } from '../../model/digest.ts';
import type { Descriptor } from '../format/documents.ts';
import { estargzAnnotation, openEstargz } from './estargz.ts';
import type { PartialLayer, PinnedTable } from './partial-layer.ts';
import type { SociIndex } from './soci.ts';
import type { StoredLayer } from './stored-layer.ts';
import { TableError } from './table-document.ts';
import { chunkedChecksumAnnotation, chunkedPositionAnnotation, openZstdChunked } from './zstd-chunked.ts';

/** Returns the table of contents that the manifest pins. Undefined if the manifest names none. `soci`: the index that the manifest pins. */
export function findTable(
  { annotations, mediaType = '', digest }: Pick<Descriptor, 'annotations' | 'mediaType' | 'digest'>,
  layer: StoredLayer,
  soci?: SociIndex,
): PinnedTable | undefined {
  const estargz = annotations?.[estargzAnnotation];
  const checksum = annotations?.[chunkedChecksumAnnotation];
  const position = annotations?.[chunkedPositionAnnotation] ?? '';
  if (mediaType.endsWith('+zstd') && checksum !== undefined)
    return pinnedTable(checksum, async (pin) => await openZstdChunked(layer, { digest: pin, position }));
  if (/[.+]gzip$/.test(mediaType) && estargz !== undefined)
    return pinnedTable(estargz, async (pin) => await openEstargz(layer, pin));
  if (soci !== undefined && /[.+]gzip$|\.tar$/.test(mediaType))
    return { pin: soci.pin, open: async () => await soci.open(digest, layer) };
  return undefined;
}

function pinnedTable(text: string, open: (pin: Digest) => Promise<PartialLayer>): PinnedTable {
  const pin = parseDigest(text);
  return {
    pin,
    open: async () => {
      if (pin === undefined) throw new TableError('has no valid digest in the manifest');
      return await open(pin);
    },
  };
}
