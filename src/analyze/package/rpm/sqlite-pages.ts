import { bufferView } from '../../../kit/bytes/bytes.ts';
import { readWal } from './sqlite-wal.ts';

const signature = 'SQLite format 3\0';
const headerBytes = 100;
const walVersion = 2;

/** The pages of a SQLite database, with those of its write-ahead log in place of those of the file. */
export interface Pages {
  /** Number of pages according to the database. Pages are numbered from 1. */
  readonly count: number;
  /** Bytes of a page that are in use. */
  readonly usable: number;
  /** Bytes of file and log together. */
  readonly bytes: number;
  /** Returns a page; undefined if it is missing or incomplete. */
  page(number: number): Uint8Array | undefined;
}

/** Returns whether a file begins like a SQLite database. */
export function isSqlite(bytes: Uint8Array): boolean {
  return bufferView(bytes).toString('latin1', 0, signature.length) === signature;
}

/**
 * Opens a database file and its log, if any (sqlite.org/fileformat.html, sections 1.3 and 4). Returns the problem if
 * the file cannot be opened.
 */
export function openPages(bytes: Uint8Array, log: Uint8Array | undefined): Pages | string {
  const wal = log === undefined ? undefined : readWal(log);
  if (typeof wal === 'string') return wal;
  // SQLite uses the log whatever the header of the file says. The header is that of the first page in the log.
  const header = wal?.pages.get(1) ?? bytes;
  const problem = problemOf(header);
  if (problem !== undefined) return problem;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const pageSize = pageSizeIn(view);
  if (wal !== undefined && wal.pageSize !== pageSize)
    return `has pages of ${pageSize} bytes, and of ${wal.pageSize} in its log`;
  return {
    count: wal?.count ?? countOf(view, bytes.length, pageSize),
    usable: pageSize - view.getUint8(20),
    bytes: bytes.length + (log?.length ?? 0),
    page: (number) => wal?.pages.get(number) ?? pageOf(bytes, pageSize, number),
  };
}

/** Returns the reason in the header why a database cannot be read. */
function problemOf(header: Uint8Array): string | undefined {
  if (header.length < headerBytes) return 'is cut off within its header';
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const pageSize = pageSizeIn(view);
  const version = view.getUint8(19);
  if (!isPageSize(pageSize)) return `has the impossible page size ${pageSize}`;
  if (pageSize - view.getUint8(20) < 480) return 'reserves an impossible part of its pages';
  if (version > walVersion) return `needs the unknown file format ${version}`;
  return isUtf8(view) ? undefined : 'holds texts that are not UTF-8, as rpm and dnf never write';
}

function pageSizeIn(view: DataView): number {
  return view.getUint16(16) === 1 ? 65536 : view.getUint16(16);
}

/** Returns whether texts are UTF-8. The encoding is 0 in a database without tables. */
function isUtf8(view: DataView): boolean {
  return view.getUint32(56) <= 1;
}

function isPageSize(size: number): boolean {
  return size >= 512 && (size & (size - 1)) === 0;
}

function pageOf(bytes: Uint8Array, pageSize: number, number: number): Uint8Array | undefined {
  const end = number * pageSize;
  return number > 0 && end <= bytes.length ? bytes.subarray(end - pageSize, end) : undefined;
}

/**
 * Returns the number of pages. The count in the header is valid only if the header was changed together with the
 * database.
 */
function countOf(view: DataView, length: number, pageSize: number): number {
  const stated = view.getUint32(28);
  const isCurrent = stated > 0 && view.getUint32(24) === view.getUint32(92);
  return isCurrent ? stated : Math.floor(length / pageSize);
}
