import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { FlatTable, readCount } from '../../kit/bytes/flat-table.ts';
import { windowBytes } from '../../kit/decompress/split/raw-engine.ts';
import { decodePath } from '../../kit/tar/name.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';
import type { LayerRange } from './range-plan.ts';
import { type TableEntry, TableError } from './table-document.ts';

/** A part of a layer that is inflated by itself. `offset` and `end` count stored bytes, `tarOffset` and `tarEnd` those of the archive. */
export interface ZtocSpan extends LayerRange {
  readonly tarOffset: number;
  readonly tarEnd: number;
  /** Digest of the stored bytes. */
  readonly digest: Digest;
  /** Absent in a layer that is not compressed. */
  readonly checkpoint?: SpanCheckpoint;
}

/** The state of a gzip stream before a span. */
interface SpanCheckpoint {
  /** Bits at the end of the first stored byte that belong to the span. 0: all of it, and all bits of the byte before belong to the span before. */
  readonly bits: number;
  /** The last bytes of the archive before the span. */
  readonly window: Buffer;
}

/** A member of an archive, with the offset of its content. */
export interface ZtocEntry extends TableEntry {
  readonly tarOffset: number;
}

/** A table of contents of SOCI. */
export interface Ztoc {
  readonly entries: readonly ZtocEntry[];
  /** They cover the layer, in order. */
  readonly spans: readonly ZtocSpan[];
}

/** Numbers of the fields in the schema: `ztoc/fbs/ztoc.fbs` of soci-snapshotter. */
const ofZtoc = { storedBytes: 2, tarBytes: 3, toc: 4, compression: 5 };
const ofToc = { entries: 0 };
const ofEntry = { name: 0, type: 1, offset: 2, size: 3, linkName: 4, mode: 5, attributes: 13 };
const ofAttribute = { key: 0, value: 1 };
const ofCompression = { algorithm: 0, digests: 2, checkpoints: 3 };
/** Those of `ztoc/compression/fbs/zinfo.fbs`. */
const ofTarInfo = { spanBytes: 1, size: 2 };

const algorithms = { gzip: 1, uncompressed: 2 };

/** The number of checkpoints, and the bytes between them: `ztoc/compression/gzip_zinfo.h`. */
const headBytes = 4 + 8;
/** Both positions, the bits, the window. */
const checkpointBytes = 8 + 8 + 1 + windowBytes;
/** The first version leaves out the first checkpoint, and takes the header of gzip for the shortest one. */
const shortestHeader = 10;

const attributePrefix = 'SCHILY.xattr.';
const sparsePrefix = 'GNU.sparse.';

/** Parses the table of contents of a layer. `storedBytes` is its size as stored. Throws `TableError`. */
export function parseZtoc(document: Buffer, storedBytes: number): Ztoc {
  try {
    const root = FlatTable.root(document);
    if (root.count(ofZtoc.storedBytes) !== storedBytes) throw new Error('it is of another layer');
    const spans = spansOf(root.table(ofZtoc.compression), storedBytes, root.count(ofZtoc.tarBytes));
    return { entries: entriesOf(root.table(ofZtoc.toc)), spans };
  } catch (error) {
    throw new TableError(`cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function entriesOf(toc: FlatTable): readonly ZtocEntry[] {
  const entries: ZtocEntry[] = [];
  for (const entry of toc.tables(ofToc.entries)) {
    if (entries.length === limits.tableEntries)
      throw new Error(`it has more than ${limits.tableEntries} entries`);
    const attributes = [...entry.tables(ofEntry.attributes)];
    const xattrs = attributes.map((one) => [one.text(ofAttribute.key), one.text(ofAttribute.value)] as const);
    if (xattrs.some(([key]) => key.startsWith(sparsePrefix))) throw new Error('it has a sparse file');
    entries.push({
      type: entry.text(ofEntry.type),
      name: decodePath(entry.bytes(ofEntry.name)),
      linkName: decodePath(entry.bytes(ofEntry.linkName)),
      size: entry.count(ofEntry.size),
      mode: entry.count(ofEntry.mode),
      xattrs: Object.fromEntries(xattrs.map(([key, value]) => [withoutPrefix(key), value])),
      tarOffset: entry.count(ofEntry.offset),
    });
  }
  return entries;
}

/** Returns the name of an extended attribute. Other records of PAX keep their names. */
function withoutPrefix(key: string): string {
  return key.startsWith(attributePrefix) ? key.slice(attributePrefix.length) : key;
}

/** The start of a span. */
type SpanStart = Pick<ZtocSpan, 'offset' | 'tarOffset' | 'checkpoint'> & { readonly endOfLast: number };

function spansOf(compression: FlatTable, storedBytes: number, tarBytes: number): readonly ZtocSpan[] {
  const digests = [...compression.texts(ofCompression.digests)];
  const algorithm = compression.int8(ofCompression.algorithm, algorithms.gzip);
  const checkpoints = compression.bytes(ofCompression.checkpoints);
  const starts =
    algorithm === algorithms.gzip
      ? gzipStarts(checkpoints, digests.length)
      : algorithm === algorithms.uncompressed
        ? plainStarts(FlatTable.root(checkpoints), storedBytes, digests.length)
        : [];
  if (starts.length === 0 || starts.length !== digests.length)
    throw new Error('it has no digest for each span');
  const spans = starts.map(({ endOfLast: _, ...start }, i) => {
    const next = starts[i + 1];
    const digest = parseDigest(digests[i] ?? '');
    if (digest === undefined) throw new Error('a span has no valid digest');
    // The archive may end before its last bytes, which are zeros.
    const tarEnd = next?.tarOffset ?? Math.max(tarBytes, start.tarOffset);
    return { ...start, end: next?.endOfLast ?? storedBytes, tarEnd, digest };
  });
  checkOrder(spans);
  return spans;
}

function gzipStarts(checkpoints: Buffer, count: number): readonly SpanStart[] {
  const stated = checkpoints.readInt32LE(0);
  const isFirstVersion = checkpoints.length === headBytes + (count - 1) * checkpointBytes;
  if (stated !== count || !(isFirstVersion || checkpoints.length === headBytes + count * checkpointBytes))
    throw new Error('it has no checkpoint for each span');
  const window = Buffer.alloc(windowBytes);
  const starts: SpanStart[] = isFirstVersion
    ? [{ offset: shortestHeader, endOfLast: shortestHeader, tarOffset: 0, checkpoint: { bits: 0, window } }]
    : [];
  for (let at = headBytes; at < checkpoints.length; at += checkpointBytes) {
    const stored = readCount(checkpoints, at);
    const bits = checkpoints.readUInt8(at + 16);
    if (bits > 7) throw new Error('a checkpoint is behind its byte');
    starts.push({
      offset: stored - (bits === 0 ? 0 : 1),
      endOfLast: stored,
      tarOffset: readCount(checkpoints, at + 8),
      checkpoint: { bits, window: checkpoints.subarray(at + 17, at + checkpointBytes) },
    });
  }
  return starts;
}

function plainStarts(info: FlatTable, storedBytes: number, count: number): readonly SpanStart[] {
  const spanBytes = info.count(ofTarInfo.spanBytes);
  if (info.count(ofTarInfo.size) !== storedBytes || Math.ceil(storedBytes / spanBytes) !== count)
    throw new Error('it does not cover the layer');
  return Array.from({ length: count }, (_, i) => {
    const offset = i * spanBytes;
    return { offset, endOfLast: offset, tarOffset: offset };
  });
}

function checkOrder(spans: readonly ZtocSpan[]): void {
  if (spans[0]?.tarOffset !== 0) throw new Error('the start of the archive is in no span');
  for (const { offset, end, tarOffset, tarEnd, checkpoint } of spans) {
    if (offset < 0 || end <= offset || tarEnd < tarOffset) throw new Error('its spans are not in order');
    if (checkpoint !== undefined && tarEnd - tarOffset > limits.checkpointPartBytes)
      throw new Error(`a span has more than ${limits.checkpointPartBytes} bytes`);
  }
}
