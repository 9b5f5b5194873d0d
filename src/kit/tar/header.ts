/** One header block of a tar archive: POSIX.1-2017 pax (ustar), with the GNU and v7 forms found in image layers. */
export interface TarHeader {
  readonly name: string;
  /** The type flag byte; NUL and `7` are told as `0`. */
  readonly flag: string;
  /** Bytes of payload that follow, before padding to the block. */
  readonly size: number;
  readonly linkName: string;
}

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

/** Whether the checksum of a header block holds; sums of signed bytes, as some old writers made, are accepted. */
export function hasValidChecksum(block: Buffer, offset: number): boolean {
  const stated = octal(block, offset + 148, 8);
  let unsigned = 8 * 0x20;
  for (let i = 0; i < 148; i++) unsigned += block[offset + i] ?? 0;
  for (let i = 156; i < blockBytes; i++) unsigned += block[offset + i] ?? 0;
  if (stated === unsigned) return true;
  let signed = 8 * 0x20;
  for (let i = 0; i < blockBytes; i++) if (i < 148 || i >= 156) signed += block.readInt8(offset + i);
  return stated === signed;
}

/** Length of the name field; a longer name is split or told in an extended header. */
export const nameBytes = 100;

/** Whether a header is of a file, link, directory or device by its short name alone: no prefix, nothing extended. */
export function isOrdinary(block: Buffer, offset: number): boolean {
  const flag = block[offset + 156] ?? 0;
  return (flag === 0 || (flag >= 0x30 && flag <= 0x37)) && block[offset + 345] === 0;
}

/** Bytes of payload of a member by its header: links, directories and devices have none, whatever their size field says. */
export function payloadBytes(block: Buffer, offset: number, position: number): number {
  const flag = block[offset + 156] ?? 0;
  if (flag >= 0x31 && flag <= 0x36) return 0;
  const size = number(block, offset + 124, 12);
  if (size === undefined || size < 0) throw new TarError('a tar header has an impossible size', position);
  return size;
}

/** Reads a header block whose checksum holds. */
export function parseHeader(block: Buffer, offset: number, position: number): TarHeader {
  const size = payloadBytes(block, offset, position);
  const flagByte = block[offset + 156] ?? 0;
  const isPosix = block[offset + 257] === 0x75 && block[offset + 262] === 0; // "u", and NUL after "ustar"
  const name = text(block, offset, 100);
  const prefix = isPosix ? text(block, offset + 345, 155) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    flag: flagByte === 0 || flagByte === 0x37 ? '0' : String.fromCharCode(flagByte),
    size,
    linkName: block[offset + 157] === 0 ? '' : text(block, offset + 157, 100),
  };
}

/** A NUL-terminated text field. */
export function text(block: Buffer, offset: number, length: number): string {
  let end = offset;
  const limit = Math.min(offset + length, block.length);
  let isAscii = true;
  for (; end < limit; end++) {
    const byte = block[end] ?? 0;
    if (byte === 0) break;
    if (byte > 0x7f) isAscii = false;
  }
  return isAscii ? block.toString('latin1', offset, end) : block.toString('utf8', offset, end);
}

/** A numeric field: octal digits, or base-256 big endian when the top bit is set; undefined when it is neither. */
export function number(block: Buffer, offset: number, length: number): number | undefined {
  const first = block[offset] ?? 0;
  if ((first & 0x80) === 0) return octal(block, offset, length);
  if ((first & 0x40) !== 0) return undefined; // negative
  let value = first & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + (block[offset + i] ?? 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

function octal(block: Buffer, offset: number, length: number): number | undefined {
  let value = 0;
  let i = offset;
  const end = offset + length;
  while (i < end && block[i] === 0x20) i++;
  for (; i < end; i++) {
    const byte = block[i] ?? 0;
    if (byte === 0 || byte === 0x20) break;
    if (byte < 0x30 || byte > 0x37) return undefined;
    value = value * 8 + byte - 0x30;
  }
  return value;
}
