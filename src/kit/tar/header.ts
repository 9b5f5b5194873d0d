import { decodeName } from './name.ts';

/** One header block of a tar archive, read as Go's archive/tar reads it: that is what container runtimes unpack by. */
export interface TarHeader {
  /** With its prefix. */
  readonly name: string;
  /** The type flag byte as it stands: NUL is that of old archives. */
  readonly flag: string;
  /** Bytes of payload by the size field, before padding to the block. */
  readonly size: number;
  readonly linkName: string;
  /** Which of the dialects of tar the header is written in. */
  readonly dialect: TarDialect;
}

/** Dialects by their magic: POSIX, star's and GNU's; everything else is read as version 7 of Unix wrote it. */
export type TarDialect = 'ustar' | 'star' | 'gnu' | 'v7';

/** Tar archives are made of blocks of this many bytes. */
export const blockBytes = 512;

/** A tar archive that is not what it claims to be. `position` counts uncompressed bytes from its start. */
export class TarError extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(`${message} at byte ${position} of the archive`);
    this.name = 'TarError';
    this.position = position;
  }
}

/** Whether a block is all zeros, as the two that end an archive are. */
export function isZeroBlock(block: Buffer, offset: number): boolean {
  if (block[offset] !== 0) return false;
  for (let i = offset + 1; i < offset + blockBytes; i++) if (block[i] !== 0) return false;
  return true;
}

/**
 * Whether the checksum of a header block holds; sums of signed bytes, as some old writers made, are accepted. `words` are the bytes of
 * `block` as numbers of 32 bits, if these can be seen so.
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

/** The bytes of a buffer as numbers of 32 bits, in the order of this machine; undefined where they do not lie as those must. */
export function uint32View({ buffer, byteOffset, length }: Buffer): Uint32Array | undefined {
  return byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, Math.floor(length / 4)) : undefined;
}

function sumOfBytes(block: Buffer, offset: number): number {
  let sum = 0;
  for (let i = offset; i < offset + blockBytes; i++) sum += block[i] ?? 0;
  return sum;
}

/** Adds four bytes at a time, in two lanes each of two numbers: a block of bytes 0xff fits into 16 bits. */
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

/** The field of the checksum itself, which counts as blanks. */
function sumOfField(block: Buffer, offset: number): number {
  let sum = 0;
  for (let i = offset + 148; i < offset + 156; i++) sum += block[i] ?? 0;
  return sum;
}

/** Length of the name field; a longer name is split or stands in an extended header. */
export const nameBytes = 100;

/** Where a name begins behind the `./` or `/` that it has in many archives. */
export function startOfName(block: Buffer, offset: number): number {
  if (block[offset] === 0x2f) return offset + 1;
  return block[offset] === 0x2e && block[offset + 1] === 0x2f ? offset + 2 : offset;
}

/**
 * Whether a header is of a file, link, directory or device by its short name alone: nothing extended, and no prefix in any dialect, as
 * each keeps it at the same place.
 */
export function isOrdinary(block: Buffer, offset: number): boolean {
  const flag = block[offset + 156] ?? 0;
  return (flag === 0 || (flag >= 0x30 && flag <= 0x37)) && block[offset + 345] === 0;
}

/** Types that have no payload whatever their size says: links, devices, directories and FIFOs. */
export function isWithoutPayload(flag: string): boolean {
  return flag >= '1' && flag <= '6';
}

/** Bytes of payload of an ordinary member by its header. */
export function payloadBytes(block: Buffer, offset: number, position: number): number {
  const flag = block[offset + 156] ?? 0;
  if (flag >= 0x31 && flag <= 0x36) return 0;
  if (flag === 0 && endsWithSlash(block, offset)) return 0;
  return sizeField(block, offset, position);
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

/** Reads a header block whose checksum holds. Throws `TarError` where a member with a payload has an impossible size. */
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

/** Whether these bytes stand at a place. */
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
 * The bytes of a GNU header where others have a prefix are its times of access and change. Go before 1.8 wrote a prefix there: what is no
 * time and is ASCII is still read as one.
 */
function prefixOfGoWriter(block: Buffer, offset: number): string {
  const isTime = (at: number): boolean => block[at] === 0 || isNumber(block, at, 12);
  if (isTime(offset + 345) && isTime(offset + 357)) return '';
  const prefix = block.subarray(offset + 345, offset + 500);
  const end = prefix.indexOf(0);
  const bytes = end < 0 ? prefix : prefix.subarray(0, end);
  return bytes.every((byte) => byte < 0x80) ? bytes.toString('latin1') : '';
}

/** A NUL-terminated text field. */
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

/** A numeric field: octal digits, or base-256 big endian when the top bit is set; undefined when it is neither, or negative. */
export function numberField(block: Buffer, offset: number, length: number): number | undefined {
  const first = block[offset] ?? 0;
  if ((first & 0x80) === 0) return octal(block, offset, length);
  if ((first & 0x40) !== 0) return undefined; // negative
  let value = first & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + (block[offset + i] ?? 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Whether a field is a number at all, be it negative or too large for us. */
function isNumber(block: Buffer, offset: number, length: number): boolean {
  return ((block[offset] ?? 0) & 0x80) !== 0 || octal(block, offset, length) !== undefined;
}

/** Octal digits between blanks and NULs, up to the first NUL between them; no digits are 0. */
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
