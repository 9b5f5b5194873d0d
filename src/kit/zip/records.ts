import type { PartlyRead } from '../bytes/file-pages.ts';

/** A kind of record: the size of its fixed part, and a function for the whole size from that part. */
interface RecordKind {
  readonly name: RecordName;
  readonly fixedBytes: number;
  readonly sizeOf: (bytes: Buffer, at: number) => number;
}

/** Records of a zip archive: APPNOTE.TXT, sections 4.3.7 to 4.3.16. */
export type RecordName = 'local' | 'directory' | 'end64' | 'locator64' | 'end';

/** The compression methods that archives of feeds and packages use. APPNOTE.TXT, section 4.4.5. */
export const zipMethods = { stored: 0, deflated: 8 } as const;

/** Bytes of a local header without its name and its extra field. */
export const localHeaderBytes = 30;
const directoryBytes = 46;
const kinds: ReadonlyMap<number, RecordKind> = new Map<number, RecordKind>([
  [
    0x04034b50,
    {
      name: 'local',
      fixedBytes: localHeaderBytes,
      sizeOf: (bytes, at) => localHeaderBytes + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28),
    },
  ],
  [
    0x02014b50,
    {
      name: 'directory',
      fixedBytes: directoryBytes,
      sizeOf: (bytes, at) =>
        directoryBytes +
        bytes.readUInt16LE(at + 28) +
        bytes.readUInt16LE(at + 30) +
        bytes.readUInt16LE(at + 32),
    },
  ],
  [
    0x06064b50,
    { name: 'end64', fixedBytes: 56, sizeOf: (bytes, at) => 12 + Number(bytes.readBigUInt64LE(at + 4)) },
  ],
  [0x07064b50, { name: 'locator64', fixedBytes: 20, sizeOf: () => 20 }],
  [0x06054b50, { name: 'end', fixedBytes: 22, sizeOf: (bytes, at) => 22 + bytes.readUInt16LE(at + 20) }],
]);
const descriptorSignature = 0x08074b50;

/** Returns the kind of record with this signature. Undefined if it is unknown. */
export function recordKindOf(signature: number): RecordKind | undefined {
  return kinds.get(signature);
}

/** The checksum and sizes that a zip archive declares for a file. */
export interface Sizes {
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
}

/** A header of a file, before its data or in the directory at the end. */
export interface ZipHeader extends Sizes {
  readonly path: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  /** Whether the sizes are repeated after the data. They may then be 0 before it. */
  readonly hasDescriptor: boolean;
  /** Position of the header before the data. Only the directory declares it. */
  readonly offset: number;
}

const ones = 0xffffffff;

/** Parses a complete local header. */
export function parseLocalHeader(record: Buffer): ZipHeader {
  return parse(record, 6, { nameAt: localHeaderBytes, offset: 0 });
}

/** Parses a complete entry of the directory. */
export function parseDirectoryEntry(record: Buffer): ZipHeader {
  return parse(record, 8, { nameAt: directoryBytes, offset: record.readUInt32LE(42) });
}

/** Both kinds have the same fields from the flags on. */
function parse(
  bytes: Buffer,
  at: number,
  { nameAt, offset }: { readonly nameAt: number; readonly offset: number },
): ZipHeader {
  const flags = bytes.readUInt16LE(at);
  const extraAt = nameAt + bytes.readUInt16LE(at + 20);
  const large = zip64Numbers(bytes.subarray(extraAt, extraAt + bytes.readUInt16LE(at + 22)));
  const whole = (value: number): number => (value === ones ? (large.shift() ?? value) : value);
  // The extra field has only the numbers that did not fit, in this order.
  const size = whole(bytes.readUInt32LE(at + 16));
  const compressedBytes = whole(bytes.readUInt32LE(at + 12));
  return {
    path: bytes.toString((flags & 0x800) === 0 ? 'latin1' : 'utf8', nameAt, extraAt),
    method: bytes.readUInt16LE(at + 2),
    isEncrypted: (flags & 1) !== 0,
    hasDescriptor: (flags & 8) !== 0,
    crc: bytes.readUInt32LE(at + 8),
    compressedBytes,
    bytes: size,
    offset: whole(offset),
  };
}

/** The 64-bit numbers in the extra field of ZIP64, section 4.5.3. */
function zip64Numbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      const numbers: number[] = [];
      for (let from = at + 4; from + 8 <= Math.min(end, extra.length); from += 8)
        numbers.push(Number(extra.readBigUInt64LE(from)));
      return numbers;
    }
    at = end;
  }
  return [];
}

/** The number of files by the end record of ZIP64. */
export function fileCount64(record: Buffer): number {
  return Number(record.readBigUInt64LE(32));
}

/** The number of files by the end record. */
export function fileCount(record: Buffer): number {
  return record.readUInt16LE(10);
}

/** Size of the end record without its comment. */
export const endBytes = 22;
/** Maximum length of the comment that may follow the end record. */
export const commentBytesMax: number = 0xffff;
const endSignature = Buffer.from('PK\x05\x06');
/** Size of the locator of the end record of ZIP64, which precedes the end record. */
export const locator64Bytes = 20;
const end64Bytes = 56;

/** Yields the positions of the signature of end records, the last one first. */
export function* endRecords({ bytes, load }: PartlyRead): Generator<number> {
  const last = bytes.length - endBytes;
  if (last < 0) return;
  const from = Math.max(0, last - commentBytesMax);
  load(from, bytes.length);
  const tail = bytes.subarray(from);
  for (let at = last - from; at >= 0; at--) {
    at = tail.lastIndexOf(endSignature, at);
    if (at < 0) return;
    yield from + at;
  }
}

/** Returns the size of the entry of the directory at a position. 0 if its fixed part is not there. */
export function sizeOfDirectoryEntry(bytes: Buffer, at: number): number {
  if (at + directoryBytes > bytes.length || !isDirectoryEntry(bytes, at)) return 0;
  return directoryBytes + numberAt(bytes, at + 28) + numberAt(bytes, at + 30) + numberAt(bytes, at + 32);
}

/** Compares byte by byte, since a large image has a million entries. */
function isDirectoryEntry(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 1 && bytes[at + 3] === 2;
}

function numberAt(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Returns where the data of a file begins, after the local header at `at`. Undefined if no header is there. */
export function localDataStart(bytes: Buffer, at: number): number | undefined {
  if (!(at + localHeaderBytes <= bytes.length)) return undefined;
  const kind = recordKindOf(bytes.readUInt32LE(at));
  return kind?.name === 'local' ? at + kind.sizeOf(bytes, at) : undefined;
}

/** Returns the position of the end record of ZIP64 that belongs to the end record at `end`. Undefined without ZIP64. */
export function locatedEnd64({ bytes, load }: PartlyRead, end: number): number | undefined {
  const locator = end - locator64Bytes;
  load(locator - end64Bytes, end);
  if (!isRecord(bytes, locator, 'locator64')) return undefined;
  // A preamble moves the record, which then lies directly before its locator.
  return [Number(bytes.readBigUInt64LE(locator + 8)), locator - end64Bytes].find((at) => {
    if (at + end64Bytes > locator) return false;
    load(at, at + end64Bytes);
    return isRecord(bytes, at, 'end64');
  });
}

/** Whether a record of this name is at a position. */
export function isRecord(bytes: Buffer, at: number, name: RecordName): boolean {
  return at >= 0 && at + 4 <= bytes.length && recordKindOf(bytes.readUInt32LE(at))?.name === name;
}

/** Returns the declared size and offset of the directory. */
export function directoryOf(
  bytes: Buffer,
  { end, end64 }: { readonly end: number; readonly end64: number | undefined },
): { readonly size: number; readonly offset: number; readonly commentBytes: number } {
  const commentBytes = bytes.readUInt16LE(end + 20);
  if (end64 === undefined)
    return { size: bytes.readUInt32LE(end + 12), offset: bytes.readUInt32LE(end + 16), commentBytes };
  const [size, offset] = [bytes.readBigUInt64LE(end64 + 40), bytes.readBigUInt64LE(end64 + 48)];
  return { size: Number(size), offset: Number(offset), commentBytes };
}

/** The longest descriptor. The data that follows it in a zip file is longer still. */
export const descriptorBytesMax = 24;

/**
 * Returns the length of the descriptor at `at` if it matches `expected`, else 0. All known forms are accepted: with or without a signature,
 * with sizes of 32 or 64 bits.
 */
export function descriptorBytes(bytes: Buffer, at: number, expected: Sizes): number {
  const from = bytes.readUInt32LE(at) === descriptorSignature ? 4 : 0;
  if (bytes.readUInt32LE(at + from) !== expected.crc) return 0;
  const sizesAt = at + from + 4;
  const isWide =
    bytes.readBigUInt64LE(sizesAt) === BigInt(expected.compressedBytes) &&
    bytes.readBigUInt64LE(sizesAt + 8) === BigInt(expected.bytes);
  if (isWide) return from + 20;
  const isNarrow =
    bytes.readUInt32LE(sizesAt) === expected.compressedBytes &&
    bytes.readUInt32LE(sizesAt + 4) === expected.bytes;
  return isNarrow ? from + 12 : 0;
}
