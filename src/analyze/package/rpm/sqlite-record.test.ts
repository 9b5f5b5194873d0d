import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SqliteValue, valuesOf, varint } from './sqlite-record.ts';

// sqlite.org/fileformat.html, section 2.1: the length of the header with itself, a type for each column, then the values.

test('returns as many columns of a record as requested, and no more than it has', () => {
  // The first value would also be a type, of a number without bytes.
  const record = Buffer.from([4, 1, 17, 9, 8, 0x61, 0x62]);
  const values: readonly SqliteValue[] = [8, 'ab', 1];
  for (const count of [0, 1, 2, 3]) assert.deepEqual(valuesOf(record, count), values.slice(0, count));
  assert.deepEqual(valuesOf(record, 4), values);
});

test('reads every type by its number', () => {
  const types: readonly (readonly [type: number, stored: readonly number[], value: SqliteValue])[] = [
    [0, [], null],
    [1, [0xfe], -2],
    [2, [1, 0], 256],
    [3, [0xff, 0xff, 0xff], -1],
    [4, [0, 1, 0, 0], 65536],
    [5, [0, 1, 0, 0, 0, 0], 2 ** 32],
    [6, [0, 0, 1, 0, 0, 0, 0, 0], 2 ** 40],
    [7, [0, 0, 0, 0, 0, 0, 0, 0], null],
    [8, [], 0],
    [9, [], 1],
    [12, [], new Uint8Array()],
    [13, [], ''],
    [14, [5], Uint8Array.of(5)],
    [15, [0x61], 'a'],
  ];
  for (const [type, stored, value] of types)
    assert.deepEqual(valuesOf(Uint8Array.from([2, type, ...stored]), 1), [value], `type ${type}`);
});

test('returns the complete values of a record that is cut short', () => {
  const record = Buffer.from([3, 1, 17, 7, 0x61, 0x62]);
  assert.deepEqual(valuesOf(record.subarray(0, 5), 2), [7]);
  assert.deepEqual(valuesOf(record.subarray(0, 3), 2), []);
  // A header longer than the record.
  assert.deepEqual(valuesOf(Buffer.from([127, 8, 8]), 100), []);
  assert.deepEqual(valuesOf(new Uint8Array(), 1), []);
});

test('reads a varint with seven bits per byte, and eight in the ninth', () => {
  assert.deepEqual(varint(Buffer.from([0x7f]), 0), { value: 127, end: 1 });
  assert.deepEqual(varint(Buffer.from([0x81, 0x00]), 0), { value: 128, end: 2 });
  const nine = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x81, 0xff]);
  assert.deepEqual(varint(nine, 0), { value: 511, end: 9 });
  assert.deepEqual(varint(nine.subarray(0, 8), 0), { value: 256, end: 9 });
});
