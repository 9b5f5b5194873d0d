import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowReader, type StoredRow } from './sqlite-rows.ts';

// sqlite.org/fileformat.html, section 1.6: the type of a page, the number of its cells, their offsets. A cell is the
// length of its payload, its key, as much of the payload as fits into the page, and the number of the first overflow
// page.

const usable = 512;

/** Returns the rows of a page with one cell at the given offset, in a database of these further pages. */
function rowsOf(
  cell: Uint8Array,
  place: number,
  more: ReadonlyMap<number, Buffer> = new Map(),
): (StoredRow | string)[] {
  const leaf = Buffer.alloc(usable);
  leaf[0] = 0x0d;
  leaf.writeUInt16BE(1, 3);
  leaf.writeUInt16BE(place, 8);
  leaf.set(cell, place);
  const page = (number: number): Buffer | undefined => (number === 2 ? leaf : more.get(number));
  return [...new RowReader({ count: 2, usable, bytes: 100_000, page }).rows(2)];
}

test('returns the key and the payload of a row', () => {
  assert.deepEqual(rowsOf(Buffer.from([2, 7, 0xaa, 0xbb]), 508), [
    { key: 7, record: Buffer.from([0xaa, 0xbb]) },
  ]);
});

test('reports a row that does not end in its page', () => {
  assert.deepEqual(rowsOf(Buffer.from([3, 7, 0xaa, 0xbb]), 508), ['a row is damaged']);
});

test('reads a long row from its overflow pages, and reports a missing end', () => {
  // A payload of 600 bytes: K = 39 + (600 - 39) % 508 = 92 bytes are in the page, the other 508 fill one overflow page.
  const length = 600;
  const payload = Buffer.from(Array.from({ length }, (_, i) => i % 251));
  const cell = (next: number): Buffer => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(next);
    return Buffer.concat([Buffer.from([0x84, 0x58, 7]), payload.subarray(0, 92), number]);
  };
  const overflow = Buffer.concat([Buffer.alloc(4), payload.subarray(92)]);
  for (const number of [3, 65_536, 0x01020304])
    assert.deepEqual(rowsOf(cell(number), 100, new Map([[number, overflow]])), [{ key: 7, record: payload }]);
  assert.deepEqual(rowsOf(cell(0), 100), ['a row of 600 bytes ends 508 bytes early']);
  assert.deepEqual(rowsOf(cell(2), 100), ['a row of 600 bytes ends 508 bytes early']);
});
