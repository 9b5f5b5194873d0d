import { limits } from '../../../core/limits.ts';
import type { Pages } from './sqlite-pages.ts';
import { varint } from './sqlite-record.ts';

const fileHeaderBytes = 100;
const interiorPage = 0x05;
const leafPage = 0x0d;
/** As in SQLite: more levels than any database needs. */
const depthMax = 20;
/** A row takes a pointer and a cell, however short it is. */
const rowBytesMin = 6;

/** A stored row: its number and its record. */
export interface StoredRow {
  readonly key: number;
  readonly record: Uint8Array;
}

/** Reads rows of tables in key order. Reads each page once, so that neither loops nor overlaps multiply the work. */
export class RowReader {
  readonly #pages: Pages;
  readonly #visited = new Set<number>();
  /** Rows do not share bytes. Without this limit, all cells of a hostile page could be the same long row. */
  #bytesLeft: number;

  constructor(pages: Pages) {
    this.#pages = pages;
    this.#bytesLeft = pages.bytes;
  }

  /** Yields the rows below a page, or the problem at one place. */
  *rows(number: number, depth = 0): Generator<StoredRow | string> {
    const page = depth < depthMax ? this.#visit(number) : undefined;
    const start = number === 1 ? fileHeaderBytes : 0;
    const type = page?.[start];
    if (page === undefined) yield `page ${number} is missing, or used twice`;
    else if (type === leafPage) yield* this.#cells(page, start);
    else if (type === interiorPage)
      for (const child of childrenOf(page, start)) yield* this.rows(child, depth + 1);
    else yield `page ${number} is not part of a table`;
  }

  #visit(number: number): Uint8Array | undefined {
    if (this.#visited.has(number)) return undefined;
    this.#visited.add(number);
    return this.#pages.page(number);
  }

  *#cells(page: Uint8Array, start: number): Generator<StoredRow | string> {
    for (const cell of cellsOf(page, start, 8)) {
      const row = this.#row(page, cell);
      this.#bytesLeft -= rowBytesMin + (typeof row === 'string' ? 0 : row.record.length);
      if (this.#bytesLeft < 0) {
        yield 'has rows that overlap; the rest was not read';
        return;
      }
      yield row;
    }
  }

  /**
   * Returns the payload of a leaf cell: the beginning is in the cell, the rest in a chain of overflow pages (section
   * 1.6).
   */
  #row(page: Uint8Array, cell: number): StoredRow | string {
    const length = varint(page, cell);
    const key = varint(page, length.end);
    const local = localLength(length.value, this.#pages.usable);
    const end = key.end + local;
    if (end > page.length || length.value > this.#pages.bytes) return 'a row is damaged';
    if (length.value > limits.rpmHeaderBytes) return `a row of ${length.value} bytes is too long`;
    const pieces = [page.subarray(key.end, end)];
    let missing = length.value - local;
    for (let next = uint32(page, end); missing > 0; ) {
      const overflow = this.#visit(next);
      if (overflow === undefined) return `a row of ${length.value} bytes ends ${missing} bytes early`;
      pieces.push(overflow.subarray(4, Math.min(this.#pages.usable, 4 + missing)));
      missing -= Math.min(this.#pages.usable - 4, missing);
      next = uint32(overflow, 0);
    }
    const [first] = pieces;
    return { key: key.value, record: pieces.length === 1 && first ? first : Buffer.concat(pieces) };
  }
}

function localLength(length: number, usable: number): number {
  const max = usable - 35;
  if (length <= max) return length;
  const min = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = min + ((length - min) % (usable - 4));
  return fitting <= max ? fitting : min;
}

/** Returns the offsets of the cells of a page whose own header has `headerBytes` bytes. */
function cellsOf(page: Uint8Array, start: number, headerBytes: number): number[] {
  const pointers = start + headerBytes;
  const count = Math.min(uint16(page, start + 3), Math.floor((page.length - pointers) / 2));
  return Array.from({ length: count }, (_, index) => uint16(page, pointers + 2 * index));
}

function childrenOf(page: Uint8Array, start: number): number[] {
  return [...cellsOf(page, start, 12).map((cell) => uint32(page, cell)), uint32(page, start + 8)];
}

function uint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

function uint32(bytes: Uint8Array, offset: number): number {
  return uint16(bytes, offset) * 65536 + uint16(bytes, offset + 2);
}
