import { limits } from '../../../core/limits.ts';
import type { Blob } from './header.ts';

const magic = 0x00061561;
const pageHeaderBytes = 26;
const hashMetadata = 8;
/** Types of pages with keys and values: unsorted before Berkeley DB 4.6, sorted since. */
const hashPages: ReadonlySet<number> = new Set([2, 13]);
const overflowPage = 7;
/** A page on the free list keeps its old content; only its type differs. */
const freePage = 0;
const inlineItem = 1;
const overflowItem = 3;
const overflowItemBytes = 12;

interface Database {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Whether integers are little-endian: they are in the byte order of the machine that wrote them. */
  readonly littleEndian: boolean;
  readonly pageSize: number;
  readonly pages: number;
  /** 1 for the overflow pages that were read: each belongs to one value only. */
  readonly visited: Uint8Array;
}

/** Returns whether a file begins like a hash database of Berkeley DB, in either byte order. */
export function isBdb(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length >= 16 && (view.getUint32(12, true) === magic || view.getUint32(12) === magic);
}

/**
 * Yields the headers in a `Packages` file, a hash of Berkeley DB (db_page.h of its sources). Reads every hash page in
 * file order, whatever its bucket. Values too long for a page are in chains of overflow pages. A chain without a value
 * means that a hash page was lost.
 */
export function* readBdb(bytes: Uint8Array): Generator<Blob> {
  const database = open(bytes);
  if (typeof database === 'string') {
    yield database;
    return;
  }
  const claimed = (uint32(database, 32) + 1) * database.pageSize;
  if (claimed !== bytes.length)
    yield `is ${bytes.length} bytes long instead of ${claimed}; a part of it may be lost`;
  let overflowPages = 0;
  for (let page = 1; page < database.pages; page++) {
    const type = typeOf(database, page);
    if (hashPages.has(type)) yield* readHashPage(database, page);
    else if (type === overflowPage) overflowPages++;
    else if (type !== freePage) yield `page ${page} is of the unknown type ${type}`;
  }
  const unreachable = overflowPages - database.visited.reduce((sum, mark) => sum + mark, 0);
  if (unreachable > 0) yield `${unreachable} pages belong to no package; entries may be lost`;
}

function open(bytes: Uint8Array): Database | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 512) return 'is cut off within its first page';
  const littleEndian = view.getUint32(12, true) === magic;
  const pageSize = view.getUint32(20, littleEndian);
  const type = view.getUint8(25);
  if (![512, 1024, 2048, 4096, 8192, 16384, 32768, 65536].includes(pageSize)) {
    return `has the impossible page size ${pageSize}`;
  }
  if (view.getUint8(24) !== 0) return 'is encrypted';
  if (type !== hashMetadata) return `is a Berkeley DB of another kind than rpm's (type ${type})`;
  const pages = Math.min(Math.floor(bytes.length / pageSize), view.getUint32(32, littleEndian) + 1);
  return { bytes, view, littleEndian, pageSize, pages, visited: new Uint8Array(pages) };
}

function uint32({ view, littleEndian }: Database, offset: number): number {
  return view.getUint32(offset, littleEndian);
}

function uint16({ view, littleEndian }: Database, offset: number): number {
  return view.getUint16(offset, littleEndian);
}

function typeOf({ bytes, pageSize }: Database, page: number): number {
  return bytes[page * pageSize + 25] ?? freePage;
}

/**
 * Yields the values of a page. Items are at the end of a page, the first one last. Their offsets are at its beginning:
 * key, value, key, value.
 */
function* readHashPage(database: Database, page: number): Generator<Blob> {
  const start = page * database.pageSize;
  const items = uint16(database, start + 20);
  const offsetsEnd = pageHeaderBytes + 2 * items;
  if (items % 2 !== 0 || offsetsEnd > database.pageSize) {
    yield `page ${page} claims ${items} items`;
    return;
  }
  let end = database.pageSize;
  for (let pair = 0; pair < items; pair += 2) {
    const key = uint16(database, start + pageHeaderBytes + 2 * pair);
    const value = uint16(database, start + pageHeaderBytes + 2 * pair + 2);
    if (value < offsetsEnd || key <= value || end <= key) {
      yield `page ${page} has items that overlap; the rest of it was not read`;
      return;
    }
    const blob = readPair(database, [start + value, start + key, start + end]);
    if (blob !== undefined) yield blob;
    end = value;
  }
}

/** Reads the value between the first and the second offset, with the key between the second and the third. */
function readPair(
  database: Database,
  [value, key, end]: readonly [number, number, number],
): Blob | undefined {
  const { bytes } = database;
  if (bytes[key] !== inlineItem || end - key !== 5) return 'a key is not a package number';
  // rpm stores its last assigned package number under the number 0.
  if (uint32(database, key + 1) === 0) return undefined;
  if (bytes[value] === inlineItem) return bytes.subarray(value + 1, key);
  if (bytes[value] !== overflowItem || key - value !== overflowItemBytes)
    return 'a value is of an unknown kind';
  return readChain(database, uint32(database, value + 4), uint32(database, value + 8));
}

/**
 * Reads a chain. Each page is read at most once in total, so that neither loops nor shared pages multiply the content.
 */
function readChain(database: Database, firstPage: number, length: number): Blob {
  const { bytes, pageSize, pages, visited } = database;
  if (length > limits.rpmHeaderBytes) return `a value of ${length} bytes is too long for a package`;
  const pieces: Uint8Array[] = [];
  let missing = length;
  for (let page = firstPage; missing > 0; ) {
    const start = page * pageSize;
    if (page === 0 || page >= pages) return `a value of ${length} bytes ends ${missing} bytes early`;
    if (typeOf(database, page) !== overflowPage || visited[page] === 1)
      return `a value leads to page ${page}, which is not its own`;
    visited[page] = 1;
    const used = Math.min(uint16(database, start + 22), pageSize - pageHeaderBytes, missing);
    pieces.push(bytes.subarray(start + pageHeaderBytes, start + pageHeaderBytes + used));
    missing -= used;
    page = uint32(database, start + 16);
  }
  return Buffer.concat(pieces, length);
}
