import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { inflaterFor } from '../../kit/decompress/inflater-for.ts';
import { collectPayload, TarWalker } from '../../kit/tar/walker.ts';
import type { Digest } from '../../model/digest.ts';
import { chunkReader, hasDigest } from './inflate-chunk.ts';
import { layerTable } from './layer-table.ts';
import { PartialLayer } from './partial-layer.ts';
import type { StoredLayer } from './stored-layer.ts';
import { parseTable, TableError } from './table-document.ts';

/** The annotation of a layer with the digest of its table of contents: docs/estargz.md of stargz-snapshotter, "Content Verification". */
export const estargzAnnotation = 'containerd.io/snapshot/stargz/toc.digest';

/** Size of the footer: an empty gzip member with an extra field. */
const footerBytes = 51;
/** Start of the footer: the header of the member, with an extra field of 26 bytes, of which one subfield `SG` has 22. */
const footerStart = Buffer.from('1f8b0804000000000000', 'hex');
const subfieldStart = Buffer.from('1a0053471600', 'hex');
const tableName = 'stargz.index.json';

/** Opens an eStargz layer by its table of contents, which must have the digest. Throws `TableError` and `registry-…` errors. */
export async function openEstargz(layer: StoredLayer, digest: Digest): Promise<PartialLayer> {
  const { sizeBytes, readRange } = layer;
  const tailStart = Math.max(0, sizeBytes - limits.tableTailBytes);
  const tail = await readRange({ offset: tailStart, end: sizeBytes });
  const tableStart = tableOffset(tail.subarray(-footerBytes), sizeBytes);
  const tableEnd = sizeBytes - footerBytes;
  if (tableEnd - tableStart > limits.tableStoredBytes)
    throw new TableError(`has more than ${limits.tableStoredBytes} bytes`);
  const before =
    tableStart < tailStart ? await readRange({ offset: tableStart, end: tailStart }) : Buffer.alloc(0);
  const inTail = tail.subarray(Math.max(0, tableStart - tailStart), -footerBytes);
  const text = await readTableMember(Buffer.concat([before, inTail]));
  if (!hasDigest(text, digest)) throw new TableError('does not have the digest in the manifest');
  return new PartialLayer(layerTable(parseTable(text), tableStart), layer, chunkReader('gzip'));
}

/** Returns the offset of the table of contents that the footer states. */
function tableOffset(footer: Buffer, sizeBytes: number): number {
  const field = footer.subarray(footerStart.length + subfieldStart.length);
  const [, hex] = /^([0-9a-f]{16})STARGZ/.exec(field.toString('latin1')) ?? [];
  // The eighth and ninth byte of a gzip header are a hint and the system that wrote it.
  const isFooter =
    footer.length === footerBytes &&
    footer.subarray(0, 8).equals(footerStart.subarray(0, 8)) &&
    footer.subarray(10, 16).equals(subfieldStart);
  const offset = Number.parseInt(hex ?? '', 16);
  if (!isFooter || hex === undefined || !(offset > 0 && offset < sizeBytes - footerBytes))
    throw new TableError('is not where the end of the layer must state it');
  return offset;
}

/** Returns the content of the table: it is the only file of a tar archive in gzip. */
async function readTableMember(stored: Buffer): Promise<Buffer> {
  let text: Buffer | undefined;
  let inflated = 0;
  const walker = new TarWalker(({ path, type, size }) => {
    if (path !== tableName || type !== 'file' || text !== undefined) return undefined;
    if (size > limits.tableBytes) throw new Error(`it has more than ${limits.tableBytes} bytes`);
    return collectPayload(size, (content) => {
      text = content;
    });
  });
  const inflater = inflaterFor('gzip', (bytes) => {
    inflated += bytes.length;
    if (inflated > limits.tableBytes) throw new Error(`it has more than ${limits.tableBytes} bytes`);
    walker.push(bytes);
  });
  try {
    await inflater.push(stored);
    await inflater.end();
    walker.end();
  } catch (error) {
    throw new TableError(`cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (text === undefined) throw new TableError(`lacks its file ${tableName}`);
  return text;
}
