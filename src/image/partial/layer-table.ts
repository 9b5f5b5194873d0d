import { limits } from '../../core/limits.ts';
import { boundedPath, isOverlong } from '../../kit/tar/path.ts';
import type { TarEntry } from '../../kit/tar/walker.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';
import type { TableEntry } from './table-document.ts';
import { TableError } from './table-document.ts';

/** A part of a file that can be fetched by itself. Offsets and sizes are bytes. */
export interface TableChunk {
  /** Where its compressed bytes begin in the layer as stored. */
  readonly offset: number;
  /** Where they end at the latest. */
  readonly end: number;
  /** Inflated bytes before it, from `offset` on. */
  readonly innerOffset: number;
  /** Size of the content. */
  readonly size: number;
  /** Digest of the content; in SOCI, that of the compressed bytes. */
  readonly digest: Digest;
}

/** A member of a layer, as its table of contents describes it. */
export interface TableFile {
  readonly entry: TarEntry;
  /** The chunks of its content, in order. Empty unless it is a file with content. */
  readonly chunks: readonly TableChunk[];
  /** Whether it may be executed. */
  readonly isExecutable: boolean;
}

const types: ReadonlyMap<string, TarEntry['type']> = new Map([
  ['reg', 'file'],
  ['dir', 'directory'],
  ['symlink', 'symbolic-link'],
  ['hardlink', 'hard-link'],
  ['char', 'other'],
  ['block', 'other'],
  ['fifo', 'other'],
]);

/** Extended attributes that overlayfs acts on. */
const overlayKey = /^(?:trusted|user)\.overlay\./;

const executableBits = 0o111;

const pathCharactersShown = 200;

/**
 * Returns the members of a layer by its table of contents. `dataEnd`: the offset behind the last compressed content. Throws `TableError` if
 * the table contradicts itself: names that leave the root or occur twice, links to nothing, chunks that do not cover their file, lack a
 * digest, overlap, or are not in the order of the archive.
 */
export function layerTable(entries: readonly TableEntry[], dataEnd: number): readonly TableFile[] {
  const ends = chunkEnds(entries, dataEnd);
  const members = new TableMembers();
  const files: TableFile[] = [];
  for (let at = 0; at < entries.length; ) {
    const parts = fileEntries(entries, at);
    const entry = members.add(parts[0]);
    const chunks = chunksOf(parts, entry.size, ends.slice(at, at + parts.length));
    files.push({ entry, chunks, isExecutable: mayBeExecuted(parts[0]) });
    at += parts.length;
  }
  return files;
}

/** The members of a layer by its table of contents, checked one by one. */
export class TableMembers {
  readonly #paths = new Map<string, TarEntry['type']>();
  #bytes = 0;

  /** Returns the next member. Throws `TableError` if its name leaves the root or occurs twice, or if it is a link to nothing. */
  add(first: TableEntry): TarEntry {
    const entry = toTarEntry(first);
    checkPlace(first, entry, this.#paths);
    this.#paths.set(entry.path, entry.type === 'hard-link' ? 'file' : entry.type);
    this.#bytes += entry.size;
    if (this.#bytes > limits.layerBytes) throw new TableError(`states more than ${limits.layerBytes} bytes`);
    return entry;
  }
}

/** Whether a member may be executed by its mode. */
export function mayBeExecuted({ mode = 0 }: TableEntry): boolean {
  return (mode & executableBits) !== 0;
}

/** Throws if a path occurs again, or if a hard link does not lead to a file before it. */
function checkPlace(
  first: TableEntry,
  { path, type, target }: TarEntry,
  paths: ReadonlyMap<string, TarEntry['type']>,
): void {
  if (paths.has(path)) throw faultOf(first, 'occurs twice');
  if (type === 'hard-link' && paths.get(boundedPath(target)) !== 'file')
    throw faultOf(first, 'is a hard link to no file before it');
}

/** Returns the entry of a member, and those of its later chunks. */
function fileEntries(entries: readonly TableEntry[], at: number): [TableEntry, ...TableEntry[]] {
  const first = entries[at];
  if (first === undefined || first.type === 'chunk') throw new TableError('has a chunk without a file');
  let end = at + 1;
  while (entries[end]?.type === 'chunk') end++;
  const later = entries.slice(at + 1, end);
  const other = later.find(({ name }) => name !== first.name);
  if (other !== undefined) throw faultOf(other, `has a chunk between those of another file`);
  return [first, ...later];
}

function toTarEntry(entry: TableEntry): TarEntry {
  const type = types.get(entry.type);
  if (type === undefined) throw faultOf(entry, `is a ${toSingleLine(entry.type, pathCharactersShown)}`);
  const isLink = type === 'symbolic-link' || type === 'hard-link';
  const { name, linkName = '' } = entry;
  const path = pathOf(entry, name, type);
  if (isLink) checkTarget(entry, linkName, type);
  const overlay = Object.keys(entry.xattrs ?? {}).find((key) => overlayKey.test(key));
  return {
    path,
    type,
    size: type === 'file' ? (entry.size ?? 0) : 0,
    target: isLink ? linkName : '',
    offset: 0,
    ...(overlay !== undefined && { overlay: `SCHILY.xattr.${overlay}` }),
  };
}

function pathOf(entry: TableEntry, name: string, type: TarEntry['type']): string {
  if (isOverlong(name)) throw new TableError(`has a name of more than ${limits.pathBytes} bytes`);
  if (isOutside(name)) throw faultOf(entry, 'is not a name inside the layer');
  const path = boundedPath(name);
  if (path === '' && type !== 'directory') throw faultOf(entry, 'takes the place of the root');
  return path;
}

function checkTarget(entry: TableEntry, target: string, type: TarEntry['type']): void {
  if (target === '' || target.includes('\0') || isOverlong(target))
    throw faultOf(entry, 'has no valid target');
  if (type === 'hard-link' && isOutside(target)) throw faultOf(entry, 'is a hard link out of the layer');
}

function isOutside(name: string): boolean {
  return name.includes('\0') || name.split('/').includes('..');
}

/**
 * Returns for each entry where its compressed bytes end at the latest: where the next ones begin. Throws unless the offsets rise in the order of
 * the table. Then contents cannot overlap.
 */
function chunkEnds(entries: readonly TableEntry[], dataEnd: number): readonly number[] {
  const ends = new Array<number>(entries.length).fill(0);
  let next = { offset: dataEnd, innerOffset: 0, end: dataEnd };
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i];
    if (entry === undefined || !hasContent(entry)) continue;
    const { offset = 0, innerOffset = 0 } = entry;
    const isShared = offset === next.offset && innerOffset < next.innerOffset;
    if (offset <= 0 || (offset >= next.offset && !isShared))
      throw faultOf(entry, 'has an offset out of order, or outside the layer');
    const end = isShared ? next.end : next.offset;
    ends[i] = end;
    next = { offset, innerOffset, end };
  }
  return ends;
}

function hasContent({ type, size = 0 }: TableEntry): boolean {
  return type === 'chunk' || (type === 'reg' && size > 0);
}

/** Returns the chunks of a file. Throws unless they cover its content from its start to its end. */
function chunksOf(
  entries: readonly [TableEntry, ...TableEntry[]],
  size: number,
  ends: readonly number[],
): readonly TableChunk[] {
  const [first] = entries;
  if (size === 0) {
    if (entries.length > 1 || hasPlace(first)) throw faultOf(first, 'has content, but no size');
    return [];
  }
  let covered = 0;
  const chunks = entries.map((entry, i) => {
    const { chunkOffset = 0, chunkSize = 0 } = entry;
    const isLast = i === entries.length - 1;
    const chunkBytes = chunkSize === 0 && isLast ? size - covered : chunkSize;
    if (chunkOffset !== covered || chunkBytes <= 0 || covered + chunkBytes > size)
      throw faultOf(first, 'has chunks that do not cover its content');
    covered += chunkBytes;
    return chunkOf(entry, { size: chunkBytes, end: ends[i] ?? 0, isOnly: entries.length === 1 });
  });
  if (covered !== size) throw faultOf(first, 'has chunks that do not cover its content');
  return chunks;
}

function hasPlace({ offset = 0, chunkDigest = '' }: TableEntry): boolean {
  return offset > 0 || chunkDigest !== '';
}

/** Returns one chunk. The digest of the file stands for that of its only chunk. */
function chunkOf(
  entry: TableEntry,
  { isOnly, ...chunk }: Pick<TableChunk, 'size' | 'end'> & { readonly isOnly: boolean },
): TableChunk {
  const { offset = 0, innerOffset = 0, chunkDigest, digest } = entry;
  const pin = parseDigest(chunkDigest ?? (isOnly ? digest : undefined) ?? '');
  if (pin === undefined) throw faultOf(entry, 'has a chunk without a digest');
  return { ...chunk, offset, innerOffset, digest: pin };
}

/** Returns an error that names an entry. */
export function faultOf({ name }: TableEntry, fault: string): TableError {
  return new TableError(`is not valid: ${toSingleLine(name, pathCharactersShown)} ${fault}`);
}
