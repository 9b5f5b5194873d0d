import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type OciBlob, sha256 } from './image-builder.ts';
import { type TarEntryPlan, tar } from './tar-writer.ts';

/** A layer with a table of contents, as stored, with the annotations of its descriptor. */
export interface TableLayer extends OciBlob {
  readonly diffId: OciBlob['digest'];
  readonly mediaType: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** An entry of a table of contents. A test may change it in any way. */
export type WrittenEntry = Record<string, unknown>;

/** Options of the writers. */
export interface TableOptions {
  /** Size of a chunk of a file. */
  readonly chunkBytes?: number;
  /** Changes the entries before they are written and pinned. */
  readonly change?: (entries: WrittenEntry[]) => WrittenEntry[];
  /** Appends members to the archive that are not in the table. */
  readonly hidden?: readonly TarEntryPlan[];
}

const layerType = 'application/vnd.oci.image.layer.v1.tar';
const endBytes = 1024;
const blockBytes = 512;

const types: Readonly<Record<string, string>> = {
  symlink: 'symlink',
  hardlink: 'hardlink',
  directory: 'dir',
  file: 'reg',
};

/** Writes a layer as eStargz: docs/estargz.md of stargz-snapshotter. */
export function estargzLayer(files: readonly TarEntryPlan[], options: TableOptions = {}): TableLayer {
  const { stored, entries } = writeMembers(files, options, (bytes) => gzipSync(bytes, { level: 1 }));
  const text = Buffer.from(JSON.stringify({ version: 1, entries }));
  const table = gzipSync(tar([{ path: 'stargz.index.json', content: text }]));
  const bytes = Buffer.concat([stored, table, estargzFooter(stored.length)]);
  return {
    bytes,
    digest: sha256(bytes),
    diffId: sha256(inflatedOf(files, options)),
    mediaType: `${layerType}+gzip`,
    annotations: { 'containerd.io/snapshot/stargz/toc.digest': sha256(text) },
  };
}

/** Writes the footer of eStargz with the offset of the table. */
export function estargzFooter(tableOffset: number): Buffer {
  const field = Buffer.from(`SG\x16\0${tableOffset.toString(16).padStart(16, '0')}STARGZ`, 'latin1');
  const header = Buffer.from('1f8b08040000000000ff1a00', 'hex');
  return Buffer.concat([header, field, Buffer.from('010000ffff0000000000000000', 'hex')]);
}

/** Writes a layer as zstd:chunked: `pkg/chunked` of containers/storage. */
export function zstdChunkedLayer(files: readonly TarEntryPlan[], options: TableOptions = {}): TableLayer {
  const { stored, entries } = writeMembers(files, options, (bytes) => zstdCompressSync(bytes));
  const text = Buffer.from(JSON.stringify({ version: 1, entries }));
  const table = zstdCompressSync(text);
  const frame = Buffer.from('502a4d1800000000', 'hex');
  frame.writeUInt32LE(table.length, 4);
  const bytes = Buffer.concat([stored, frame, table]);
  const prefix = 'io.github.containers.zstd-chunked';
  return {
    bytes,
    digest: sha256(bytes),
    diffId: sha256(inflatedOf(files, options)),
    mediaType: `${layerType}+zstd`,
    annotations: {
      [`${prefix}.manifest-checksum`]: sha256(table),
      [`${prefix}.manifest-position`]: `${stored.length + frame.length}:${table.length}:${text.length}:1`,
    },
  };
}

/** Compresses each header and each chunk by itself, and describes the members. */
function writeMembers(
  files: readonly TarEntryPlan[],
  { chunkBytes = Number.POSITIVE_INFINITY, change = (entries) => entries, hidden = [] }: TableOptions,
  compress: (bytes: Buffer) => Buffer,
): { readonly stored: Buffer; readonly entries: readonly WrittenEntry[] } {
  const pieces: Buffer[] = [];
  let offset = 0;
  const write = (bytes: Buffer): number => {
    const at = offset;
    const piece = compress(bytes);
    pieces.push(piece);
    offset += piece.length;
    return at;
  };
  const entries = files.flatMap((file) => {
    const whole = Buffer.from(tar([file]));
    const content = Buffer.from(file.content ?? '');
    const padded = Math.ceil(content.length / blockBytes) * blockBytes;
    const headerEnd = whole.length - endBytes - padded;
    write(whole.subarray(0, headerEnd));
    const chunks = chunksOf(content, chunkBytes).map((chunk) => ({ ...chunk, offset: write(chunk.bytes) }));
    if (padded > content.length) write(whole.subarray(headerEnd + content.length, headerEnd + padded));
    return entriesOf(file, content, chunks);
  });
  write(Buffer.from(tar(hidden)));
  return { stored: Buffer.concat(pieces), entries: change(entries) };
}

interface Chunk {
  readonly at: number;
  readonly bytes: Buffer;
}

function chunksOf(content: Buffer, chunkBytes: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < content.length; at += chunkBytes)
    chunks.push({ at, bytes: content.subarray(at, Math.min(content.length, at + chunkBytes)) });
  return chunks;
}

/** Describes a member without its content. */
export function entryOf({ path, target, mode = 0o644, ...file }: TarEntryPlan): WrittenEntry {
  const type = file.type ?? (target === undefined ? (path.endsWith('/') ? 'directory' : 'file') : 'symlink');
  return { name: path, type: types[type] ?? type, mode, ...(target !== undefined && { linkName: target }) };
}

function entriesOf(
  file: TarEntryPlan,
  content: Buffer,
  chunks: readonly (Chunk & { readonly offset: number })[],
): WrittenEntry[] {
  const { path } = file;
  const first = {
    ...entryOf(file),
    ...(content.length > 0 && { size: content.length, digest: sha256(content) }),
  };
  const places = chunks.map(({ at, bytes, offset }) => ({
    offset,
    ...(at > 0 && { chunkOffset: at }),
    ...(chunks.length > 1 && { chunkSize: bytes.length }),
    chunkDigest: sha256(bytes),
  }));
  const [place = {}, ...later] = places;
  return [{ ...first, ...place }, ...later.map((each) => ({ name: path, type: 'chunk', ...each }))];
}

function inflatedOf(files: readonly TarEntryPlan[], { hidden = [] }: TableOptions): Buffer {
  const members = [...files].map((file) => Buffer.from(tar([file])).subarray(0, -endBytes));
  return Buffer.concat([...members, Buffer.from(tar(hidden))]);
}
