import { constants, crc32, deflateRawSync } from 'node:zlib';
import { type FlatPart, flatBytes, flatCount, flatDocument, flatList, flatTable } from './flat-writer.ts';
import { sha256 } from './image-builder.ts';
import { entryOf, type TableLayer, type TableOptions, type WrittenEntry } from './table-layers.ts';
import { type TarEntryPlan, tar } from './tar-writer.ts';

/** A span as it is written. A test may change it in any way. */
export interface WrittenSpan {
  readonly offset: number;
  readonly tarOffset: number;
  readonly bits: number;
  readonly window: Buffer;
  readonly digest: string;
}

/** Options of `sociLayer`. `chunkBytes` is the size of a span. */
export interface SociOptions extends TableOptions {
  /** Changes the spans before they are written. */
  readonly changeSpans?: (spans: WrittenSpan[]) => WrittenSpan[];
  /** Changes the document before it is pinned. */
  readonly changeTable?: (table: Buffer) => Buffer;
  /** Whether the layer is not compressed. */
  readonly isPlain?: boolean;
}

/** A layer with a table of contents of SOCI, which is a blob of its own. */
export interface SociLayer extends TableLayer {
  readonly ztoc: Buffer;
}

const windowBytes = 32_768;
const layerType = 'application/vnd.oci.image.layer.v1.tar';
const algorithms = { gzip: 1, uncompressed: 2 };

/** Writes a layer and its table of contents as soci-snapshotter does: `ztoc/fbs/ztoc.fbs`. Each span begins at a byte. */
export function sociLayer(files: readonly TarEntryPlan[], options: SociOptions = {}): SociLayer {
  const { chunkBytes = 65_536, hidden = [], isPlain = false } = options;
  const archive = Buffer.from(tar([...files, ...hidden]));
  const { bytes, spans } = isPlain ? plainSpans(archive, chunkBytes) : gzipSpans(archive, chunkBytes);
  const form = { isPlain, chunkBytes, storedBytes: bytes.length };
  const compression = compressionOf(changed(spans, options.changeSpans), form);
  const toc = flatTable([flatList(changed(entriesOf(files), options.change).map(writeEntry))]);
  const sizes = [flatCount(bytes.length), flatCount(archive.length)];
  const table = flatDocument(flatTable([flatBytes('0.9'), flatBytes('test'), ...sizes, toc, compression]));
  return {
    bytes,
    digest: sha256(bytes),
    diffId: sha256(archive),
    mediaType: isPlain ? layerType : `${layerType}+gzip`,
    annotations: {},
    ztoc: changed(table, options.changeTable),
  };
}

function changed<T>(value: T, change: ((value: T) => T) | undefined): T {
  return change === undefined ? value : change(value);
}

interface StoredSpans {
  readonly bytes: Buffer;
  readonly spans: WrittenSpan[];
}

/** Compresses an archive so that each span ends at a byte, and refers back to bytes of the spans before. */
function gzipSpans(archive: Buffer, spanBytes: number): StoredSpans {
  const pieces = [Buffer.from('1f8b0800000000000003', 'hex')];
  const spans: WrittenSpan[] = [];
  let offset = pieces[0]?.length ?? 0;
  for (let tarOffset = 0; tarOffset < archive.length; tarOffset += spanBytes) {
    const before = archive.subarray(Math.max(0, tarOffset - windowBytes), tarOffset);
    const content = archive.subarray(tarOffset, tarOffset + spanBytes);
    const dictionary = before.length > 0 ? { dictionary: before } : {};
    const deflated = deflateRawSync(content, {
      finishFlush: constants.Z_SYNC_FLUSH,
      level: 1,
      ...dictionary,
    });
    const isLast = tarOffset + spanBytes >= archive.length;
    const piece = isLast ? Buffer.concat([deflated, endOf(archive)]) : deflated;
    const window = Buffer.concat([Buffer.alloc(windowBytes - before.length), before]);
    spans.push({ offset, tarOffset, bits: 0, window, digest: sha256(piece) });
    pieces.push(piece);
    offset += piece.length;
  }
  return { bytes: Buffer.concat(pieces), spans };
}

/** The last block of a gzip stream, which is empty, and its trailer. */
function endOf(archive: Buffer): Buffer {
  const end = Buffer.from('03000000000000000000', 'hex');
  end.writeUInt32LE(crc32(archive), 2);
  end.writeUInt32LE(archive.length, 6);
  return end;
}

function plainSpans(archive: Buffer, spanBytes: number): StoredSpans {
  const spans: WrittenSpan[] = [];
  for (let offset = 0; offset < archive.length; offset += spanBytes) {
    const digest = sha256(archive.subarray(offset, offset + spanBytes));
    spans.push({ offset, tarOffset: offset, bits: 0, window: Buffer.alloc(0), digest });
  }
  return { bytes: archive, spans };
}

interface SpanForm {
  readonly isPlain: boolean;
  readonly chunkBytes: number;
  readonly storedBytes: number;
}

function compressionOf(spans: readonly WrittenSpan[], form: SpanForm): FlatPart {
  const digests = flatList(spans.map(({ digest }) => flatBytes(digest)));
  const algorithm = Buffer.of(form.isPlain ? algorithms.uncompressed : algorithms.gzip);
  const checkpoints = form.isPlain
    ? flatDocument(flatTable([int32(2), flatCount(form.chunkBytes), flatCount(form.storedBytes)]))
    : Buffer.concat([int32(spans.length), flatCount(form.chunkBytes), ...spans.map(writeCheckpoint)]);
  return flatTable([algorithm, int32(spans.length - 1), digests, flatBytes(checkpoints)]);
}

function writeCheckpoint({ offset, tarOffset, bits, window }: WrittenSpan): Buffer {
  return Buffer.concat([flatCount(offset), flatCount(tarOffset), Buffer.of(bits), window]);
}

/** Describes the members of the archive, each with the offset of its content. */
function entriesOf(files: readonly TarEntryPlan[]): WrittenEntry[] {
  let end = 0;
  return files.map((file) => {
    const { length } = Buffer.from(file.content ?? '');
    end += Buffer.from(tar([file])).length - 1024;
    const padded = Math.ceil(length / 512) * 512;
    return { ...entryOf(file), size: length, offset: end - padded };
  });
}

function writeEntry({ name, type, linkName = '', mode, size, offset }: WrittenEntry): FlatPart {
  return flatTable([
    flatBytes(String(name)),
    flatBytes(String(type)),
    countOf(offset),
    countOf(size),
    flatBytes(String(linkName)),
    countOf(mode),
  ]);
}

function countOf(value: unknown): Buffer | undefined {
  return value === undefined ? undefined : flatCount(Number(value));
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
