import { decodeName } from './name.ts';

/** One header block of a tar archive, parsed as by Go's archive/tar, which container runtimes use. */
export interface TarHeader {
  /** Includes the prefix. */
  readonly name: string;
  /** The type flag byte as stored. NUL is the type of old archives. */
  readonly flag: string;
  /** Bytes of payload by the size field, without padding to the block. */
  readonly size: number;
  readonly linkName: string;
  /** The tar dialect of the header. */
  readonly dialect: TarDialect;
}

/** Dialects by their magic: POSIX, star's and GNU's. Everything else is read as the format of version 7 of Unix. */
export type TarDialect = 'ustar' | 'star' | 'gnu' | 'v7';

/** Size of a tar block in bytes. */
export const blockBytes = 512;

/** The content is not a valid tar archive. `position` counts uncompressed bytes from its start. */
export class TarError extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(`${message} at byte ${position} of the archive`);
    this.name = 'TarError';
    this.position = position;
  }
}

/** Returns whether a block is all zeros. Two such blocks end an archive. */
export function isZeroBlock(block: Buffer, offset: number): boolean {
  if (block[offset] !== 0) return false;
  for (let i = offset + 1; i < offset + blockBytes; i++) if (block[i] !== 0) return false;
  return true;
}

/**
 * Returns whether the checksum of a header block is valid. Accepts sums of signed bytes too, which some old writers made. `words` are the
 * bytes of `block` as 32-bit numbers, if such a view exists.
 */
export function hasValidChecksum(block: Buffer, offset: number, words?: Uint32Array): boolean {
  const stated = octal(block, offset + 148, 8);
  const sum =
    words === undefined || offset % 4 !== 0 ? sumOfBytes(block, offset) : sumOfWords(words, offset / 4);
  const blanks = 8 * 0x20;
  if (stated === sum - sumOfField(block, offset) + blanks) return true;
  let signed = blanks;
  for (let i = 0; i < blockBytes; i++) if (i < 148 || i >= 156) signed += block.readInt8(offset + i);
  return stated === signed;
}

/** Views the bytes of a buffer as 32-bit numbers in the byte order of this machine. Undefined if the bytes are not aligned for that. */
export function uint32View({ buffer, byteOffset, length }: Buffer): Uint32Array | undefined {
  return byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, Math.floor(length / 4)) : undefined;
}

function sumOfBytes(block: Buffer, offset: number): number {
  let sum = 0;
  for (let i = offset; i < offset + blockBytes; i++) sum += block[i] ?? 0;
  return sum;
}

/** Adds four bytes at a time, in two lanes of two numbers each. The sum of a block of bytes 0xff fits into 16 bits. */
function sumOfWords(words: Uint32Array, start: number): number {
  let even = 0;
  let odd = 0;
  for (let i = start; i < start + blockBytes / 4; i++) {
    const word = words[i] ?? 0;
    even += word & 0xff00ff;
    odd += (word >>> 8) & 0xff00ff;
  }
  return (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16);
}

/** The sum of the checksum field, which counts as blanks. */
function sumOfField(block: Buffer, offset: number): number {
  let sum = 0;
  for (let i = offset + 148; i < offset + 156; i++) sum += block[i] ?? 0;
  return sum;
}

/** Length of the name field. A longer name is split or is in an extended header. */
export const nameBytes = 100;

/** The start of a name after the `./` or `/` that many archives put before it. */
export function startOfName(block: Buffer, offset: number): number {
  if (block[offset] === 0x2f) return offset + 1;
  return block[offset] === 0x2e && block[offset + 1] === 0x2f ? offset + 2 : offset;
}

/**
 * Returns whether a header describes a file, link, directory or device by its short name alone. It then has no extended header and no
 * prefix. All dialects store the prefix at the same offset.
 */
export function isOrdinary(block: Buffer, offset: number): boolean {
  const flag = block[offset + 156] ?? 0;
  return (flag === 0 || (flag >= 0x30 && flag <= 0x37)) && block[offset + 345] === 0;
}

/** Returns whether a type has no payload, whatever its size field says: links, devices, directories and FIFOs. */
export function isWithoutPayload(flag: string): boolean {
  return flag >= '1' && flag <= '6';
}

/** Bytes of payload of an ordinary member by its header. */
export function payloadBytes(block: Buffer, offset: number, position: number): number {
  const flag = block[offset + 156] ?? 0;
  if (flag >= 0x31 && flag <= 0x36) return 0;
  const size = sizeField(block, offset, position);
  return flag === 0 && endsWithSlash(block, offset) ? 0 : size;
}

/** In old archives the name of a directory ends with a slash. */
function endsWithSlash(block: Buffer, offset: number): boolean {
  let end = offset;
  while (end < offset + nameBytes && block[end] !== 0) end++;
  return end > offset && block[end - 1] === 0x2f;
}

function sizeField(block: Buffer, offset: number, position: number): number {
  const size = numberField(block, offset + 124, 12);
  if (size === undefined || size < 0) throw new TarError('a tar header has an impossible size', position);
  return size;
}

/** Parses a header block whose checksum is valid. Throws `TarError` if a member with a payload has an impossible size. */
export function parseHeader(block: Buffer, offset: number, position: number): TarHeader {
  const flag = String.fromCharCode(block[offset + 156] ?? 0);
  const dialect = dialectOf(block, offset);
  const name = textField(block, offset, nameBytes);
  const prefix = prefixOf(block, offset, dialect);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    flag,
    size: isWithoutPayload(flag) ? 0 : sizeField(block, offset, position),
    linkName: block[offset + 157] === 0 ? '' : textField(block, offset + 157, 100),
    dialect,
  };
}

const posixMagic = Buffer.from('ustar\0');
const gnuMagic = Buffer.from('ustar  \0');
const starMagic = Buffer.from('tar\0');

function dialectOf(block: Buffer, offset: number): TarDialect {
  if (hasAt(block, offset + 257, posixMagic)) return hasAt(block, offset + 508, starMagic) ? 'star' : 'ustar';
  return hasAt(block, offset + 257, gnuMagic) ? 'gnu' : 'v7';
}

/** Returns whether a block has these bytes at an offset. */
export function hasAt(block: Buffer, offset: number, magic: Buffer): boolean {
  for (let i = 0; i < magic.length; i++) if (block[offset + i] !== magic[i]) return false;
  return true;
}

function prefixOf(block: Buffer, offset: number, dialect: TarDialect): string {
  if (dialect === 'ustar') return textField(block, offset + 345, 155);
  if (dialect === 'star') return textField(block, offset + 345, 131);
  return dialect === 'gnu' ? prefixOfGoWriter(block, offset) : '';
}

/**
 * Returns the prefix that Go before 1.8 wrote into a GNU header. GNU stores the times of access and change there. ASCII text that is not a
 * time is still read as a prefix.
 */
function prefixOfGoWriter(block: Buffer, offset: number): string {
  const isTime = (at: number): boolean => block[at] === 0 || isNumber(block, at, 12);
  if (isTime(offset + 345) && isTime(offset + 357)) return '';
  const prefix = block.subarray(offset + 345, offset + 500);
  const end = prefix.indexOf(0);
  const bytes = end < 0 ? prefix : prefix.subarray(0, end);
  return bytes.every((byte) => byte < 0x80) ? bytes.toString('latin1') : '';
}

/** Decodes a NUL-terminated text field. */
export function textField(block: Buffer, offset: number, length: number): string {
  let end = offset;
  const limit = Math.min(offset + length, block.length);
  let isAscii = true;
  for (; end < limit; end++) {
    const byte = block[end] ?? 0;
    if (byte === 0) break;
    if (byte > 0x7f) isAscii = false;
  }
  return isAscii ? block.toString('latin1', offset, end) : decodeName(block.subarray(offset, end));
}

/** Parses a numeric field: octal digits, or base-256 big endian if the top bit is set. Undefined if it is invalid or negative. */
export function numberField(block: Buffer, offset: number, length: number): number | undefined {
  const first = block[offset] ?? 0;
  if ((first & 0x80) === 0) return octal(block, offset, length);
  if ((first & 0x40) !== 0) return undefined; // negative
  let value = first & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + (block[offset + i] ?? 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Returns whether a field is a number, even if it is negative or too large. */
function isNumber(block: Buffer, offset: number, length: number): boolean {
  return ((block[offset] ?? 0) & 0x80) !== 0 || octal(block, offset, length) !== undefined;
}

/** Parses octal digits between blanks and NULs, up to the first NUL between them. No digits are 0. */
function octal(block: Buffer, offset: number, length: number): number | undefined {
  let start = offset;
  let end = offset + length;
  while (start < end && isFilling(block[start])) start++;
  while (end > start && isFilling(block[end - 1])) end--;
  let value = 0;
  for (let i = start; i < end; i++) {
    const byte = block[i] ?? 0;
    if (byte === 0) break;
    if (byte < 0x30 || byte > 0x37) return undefined;
    value = value * 8 + byte - 0x30;
  }
  return Number.isSafeInteger(value) ? value : undefined;
}

function isFilling(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}
