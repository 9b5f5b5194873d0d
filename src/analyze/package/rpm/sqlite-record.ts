import { bufferView } from '../../../kit/bytes/bytes.ts';

/** A value of a column. Integers beyond 2⁵³ are rounded, and real numbers are not read, since neither is needed. */
export type SqliteValue = number | string | Uint8Array | null;

const firstBlobType = 12;
/** Lengths by type. Types 8 and 9 are the numbers 0 and 1 without bytes; 0 is NULL; 10 and 11 are reserved. */
const fixedLengths = [0, 1, 2, 3, 4, 6, 8, 8];
const integerTypes = 6;
const zeroType = 8;
const oneType = 9;

/**
 * Returns the values of the first columns of a row (sqlite.org/fileformat.html, section 2.1). Returns fewer if the row
 * is too short or damaged. Texts are UTF-8.
 */
export function valuesOf(record: Uint8Array, count: number): SqliteValue[] {
  const header = varint(record, 0);
  const values: SqliteValue[] = [];
  let place = header.end;
  let start = header.value;
  while (values.length < count && place < header.value) {
    const type = varint(record, place);
    const end = start + lengthOf(type.value);
    if (end > record.length) break;
    values.push(decode(type.value, record.subarray(start, end)));
    place = type.end;
    start = end;
  }
  return values;
}

/** Returns the bytes of a type. From 12 on, even types are blobs and odd ones texts. */
function lengthOf(type: number): number {
  return type < firstBlobType ? (fixedLengths[type] ?? 0) : Math.floor((type - firstBlobType) / 2);
}

function decode(type: number, bytes: Uint8Array): SqliteValue {
  if (type >= firstBlobType) return type % 2 === 0 ? bytes : textOf(bytes);
  if (type === zeroType || type === oneType) return type - zeroType;
  return type >= 1 && type <= integerTypes ? integerOf(bytes) : null;
}

function textOf(bytes: Uint8Array): string {
  return bufferView(bytes).toString('utf8');
}

/** Reads a big-endian integer in two's complement. */
function integerOf(bytes: Uint8Array): number {
  const [first = 0, ...rest] = bytes;
  return rest.reduce((value, byte) => value * 256 + byte, first > 127 ? first - 256 : first);
}

/**
 * Reads an integer of one to nine bytes, big-endian, with seven bits in each byte but the ninth. Bytes past the end are
 * zero.
 */
export function varint(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = bytes[start + index] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return { value: value * 256 + (bytes[start + 8] ?? 0), end: start + 9 };
}
