import { limits } from '../../core/limits.ts';
import type { Digest } from '../../model/digest.ts';
import { chunkReader, hasDigest, inflateStart } from './inflate-chunk.ts';
import { faultOf, layerTable } from './layer-table.ts';
import { PartialLayer } from './partial-layer.ts';
import type { StoredLayer } from './stored-layer.ts';
import { parseTable, TableError } from './table-document.ts';

/** The annotation of a layer with the digest of the compressed table: containers/storage, `pkg/chunked/toc`. */
export const chunkedChecksumAnnotation = 'io.github.containers.zstd-chunked.manifest-checksum';
/** The annotation with the place of the table: offset, size, inflated size, kind. */
export const chunkedPositionAnnotation = 'io.github.containers.zstd-chunked.manifest-position';

/** The only kind of table: that of CRFS. */
const crfsTable = '1';

/** Opens a zstd:chunked layer by its table of contents, whose compressed bytes must have the digest. Throws `TableError` and `registry-…` errors. */
export async function openZstdChunked(
  layer: StoredLayer,
  { digest, position }: { readonly digest: Digest; readonly position: string },
): Promise<PartialLayer> {
  const { offset, size, inflatedSize } = parsePosition(position, layer.sizeBytes);
  const stored = await layer.readRange({ offset, end: offset + size });
  if (!hasDigest(stored, digest)) throw new TableError('does not have the digest in the manifest');
  const text = await inflateStart(stored, 'zstd', inflatedSize);
  const entries = parseTable(text);
  const inner = entries.find(({ innerOffset = 0 }) => innerOffset > 0);
  if (inner !== undefined) throw faultOf(inner, 'begins inside a frame');
  return new PartialLayer(layerTable(entries, offset), layer, chunkReader('zstd'));
}

interface TablePosition {
  readonly offset: number;
  readonly size: number;
  readonly inflatedSize: number;
}

function parsePosition(text: string, sizeBytes: number): TablePosition {
  const parts = /^(\d{1,15}):(\d{1,15}):(\d{1,15}):(\d)$/.exec(text) ?? [];
  const [, offset = 0, size = 0, inflatedSize = 0] = parts.slice(0, 4).map(Number);
  if (parts[4] !== crfsTable || offset === 0 || size === 0 || offset + size > sizeBytes)
    throw new TableError('is not where the manifest states it');
  if (size > limits.tableStoredBytes || inflatedSize > limits.tableBytes)
    throw new TableError(`has more than ${limits.tableBytes} bytes`);
  return { offset, size, inflatedSize };
}
