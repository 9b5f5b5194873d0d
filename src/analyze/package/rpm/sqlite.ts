import type { Blob } from './header.ts';
import { openPages, type Pages } from './sqlite-pages.ts';

const fileHeaderBytes = 100;
const interiorPage = 0x05;
const leafPage = 0x0d;
const schemaRoot = 1;
/** As SQLite: more levels than any database can need. */
const depthMax = 20;

/**
 * The headers in an `rpmdb.sqlite` file, from column `blob` of table `Packages`, with the write-ahead log beside it applied. A
 * reader of pages is enough: the engine wants a file on a disk, and a directory to write to where there is a log.
 */
export function* readSqlite(bytes: Uint8Array, log: Uint8Array | undefined): Generator<Blob> {
  const pages = openPages(bytes, log);
  if (typeof pages === 'string') {
    yield pages;
    return;
  }
  if (pages.page(pages.count) === undefined)
    yield `is cut off: not all of its ${pages.count} pages are there`;
  const table = new TableReader(pages);
  let root: number | undefined;
  for (const row of table.rows(schemaRoot)) {
    if (typeof row === 'string') yield row;
    else root ??= rootOfPackages(row);
  }
  if (root === undefined) {
    yield 'has no table Packages';
    return;
  }
  for (const row of table.rows(root))
    yield typeof row === 'string' ? row : (columnsOf(row, 2)[1] ?? 'a row is damaged');
}

/** Rows of the schema: type, name, table name, root page, SQL. */
function rootOfPackages(row: Uint8Array): number | undefined {
  const [type, name, , root] = columnsOf(row, 4).map((column) => Buffer.from(column));
  if (type?.toString() !== 'table' || name?.toString() !== 'Packages') return undefined;
  return root?.length ? root.readUIntBE(0, Math.min(root.length, 6)) : undefined;
}

/** Reads rows of tables in the order of their keys. Follows each page once, so that neither loops nor overlaps make it run on. */
class TableReader {
  readonly #pages: Pages;
  readonly #visited = new Set<number>();
  /** Rows do not share bytes; without this bound the cells of a hostile page could all be the same long row. */
  #bytesLeft: number;

  constructor(pages: Pages) {
    this.#pages = pages;
    this.#bytesLeft = pages.bytes;
  }

  /** The rows below a page, or in words what is wrong in one place of them. */
  *rows(number: number, depth = 0): Generator<Uint8Array | string> {
    const page = depth < depthMax ? this.#visit(number) : undefined;
    const start = number === 1 ? fileHeaderBytes : 0;
    const type = page?.[start];
    if (page === undefined) yield `page ${number} is missing, or part of two things`;
    else if (type === leafPage) yield* this.#cells(page, start);
    else if (type === interiorPage)
      for (const child of childrenOf(page, start)) yield* this.rows(child, depth + 1);
    else yield `page ${number} is no part of a table`;
  }

  #visit(number: number): Uint8Array | undefined {
    if (this.#visited.has(number)) return undefined;
    this.#visited.add(number);
    return this.#pages.page(number);
  }

  *#cells(page: Uint8Array, start: number): Generator<Uint8Array | string> {
    for (const cell of cellsOf(page, start, 8)) {
      const row = this.#row(page, cell);
      this.#bytesLeft -= row.length;
      if (this.#bytesLeft < 0) {
        yield 'has rows that overlap; the rest was not read';
        return;
      }
      yield row;
    }
  }

  /** The payload of a leaf cell: as much as fits lies in the cell, the rest in a chain of overflow pages. Section 1.6. */
  #row(page: Uint8Array, cell: number): Uint8Array | string {
    const length = varint(page, cell);
    const key = varint(page, length.end);
    const local = localLength(length.value, this.#pages.usable);
    const end = key.end + local;
    if (end > page.length || length.value > this.#pages.bytes) return 'a row is damaged';
    const pieces = [page.subarray(key.end, end)];
    let missing = length.value - local;
    for (let next = missing > 0 ? uint32(page, end) : 0; missing > 0; ) {
      const overflow = this.#visit(next);
      if (overflow === undefined) return `a row of ${length.value} bytes ends ${missing} bytes early`;
      pieces.push(overflow.subarray(4, Math.min(this.#pages.usable, 4 + missing)));
      missing -= Math.min(this.#pages.usable - 4, missing);
      next = uint32(overflow, 0);
    }
    return pieces.length === 1 ? (pieces[0] ?? '') : Buffer.concat(pieces);
  }
}

function localLength(length: number, usable: number): number {
  const max = usable - 35;
  if (length <= max) return length;
  const min = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = min + ((length - min) % (usable - 4));
  return fitting <= max ? fitting : min;
}

/** Places of the cells of a page, whose own header is so long. */
function cellsOf(page: Uint8Array, start: number, headerBytes: number): number[] {
  const pointers = start + headerBytes;
  const count = Math.min(uint16(page, start + 3), Math.floor((page.length - pointers) / 2));
  return Array.from({ length: count }, (_, index) => uint16(page, pointers + 2 * index));
}

function childrenOf(page: Uint8Array, start: number): number[] {
  return [...cellsOf(page, start, 12).map((cell) => uint32(page, cell)), uint32(page, start + 8)];
}

/** The contents of the first columns of a row; fewer where the row is too short or damaged. Section 2.1. */
function columnsOf(row: Uint8Array, count: number): Uint8Array[] {
  const header = varint(row, 0);
  const columns: Uint8Array[] = [];
  let place = header.end;
  let content = header.value;
  while (columns.length < count && place < header.value && place < row.length) {
    const type = varint(row, place);
    const end = content + contentLength(type.value);
    if (end > row.length) break;
    columns.push(row.subarray(content, end));
    place = type.end;
    content = end;
  }
  return columns;
}

/** Lengths of the types below 12; from there on even ones are blobs and odd ones texts. */
function contentLength(type: number): number {
  return type < 12 ? ([0, 1, 2, 3, 4, 6, 8, 8][type] ?? 0) : Math.floor((type - 12) / 2);
}

/** An integer of one to nine bytes, the higher ones first, seven bits in each but the ninth. Past the end are zeros. */
function varint(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = bytes[start + index] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return { value: value * 256 + (bytes[start + 8] ?? 0), end: start + 9 };
}

function uint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

function uint32(bytes: Uint8Array, offset: number): number {
  return uint16(bytes, offset) * 65536 + uint16(bytes, offset + 2);
}
