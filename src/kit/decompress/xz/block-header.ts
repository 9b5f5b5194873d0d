import { crc32 } from 'node:zlib';

/** The header of a block. Sizes are absent if the writer did not know them. */
export interface BlockHeader {
  readonly compressedBytes: number | undefined;
  readonly inflatedBytes: number | undefined;
  /** How far back matches may refer, in bytes. */
  readonly dictionaryBytes: number;
}

/** Reads numbers of seven bits per byte, lowest first. The xz file format, section 1.2. */
export class VariableNumbers {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** The next number. NaN if it is missing, larger than any file needs, or longer than its value needs. */
  next(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < 9; i++) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * unit;
      unit *= 128;
      const isShortest = byte !== 0 || i === 0;
      if (byte < 0x80) return isShortest && Number.isSafeInteger(value) ? value : Number.NaN;
    }
    return Number.NaN;
  }
}

const lzma2 = 0x21;

/** Parses a block header with its size byte and checksum. Returns a message if it is invalid. The xz file format, section 3.1. */
export function parseBlockHeader(header: Buffer): BlockHeader | string {
  const content = header.subarray(0, -4);
  if (crc32(content) !== header.readUInt32LE(content.length)) return 'a block header is damaged';
  const flags = content[1] ?? 0;
  if ((flags & 0x3c) !== 0) return 'a block header has unknown flags';
  const numbers = new VariableNumbers(content, 2);
  const compressedBytes = (flags & 0x40) === 0 ? undefined : numbers.next();
  const inflatedBytes = (flags & 0x80) === 0 ? undefined : numbers.next();
  const filter = numbers.next();
  if (filter !== lzma2 || (flags & 3) !== 0)
    return 'it was written with another filter than LZMA2, which is not supported';
  const propertyBytes = numbers.next();
  const dictionaryBytes = dictionaryBytesOf(content[numbers.at++] ?? Number.NaN);
  const isPadded = content.subarray(numbers.at).every((byte) => byte === 0);
  if (propertyBytes !== 1 || dictionaryBytes === undefined || !isPadded) return 'a block header is malformed';
  return { compressedBytes, inflatedBytes, dictionaryBytes };
}

/** The dictionary size of LZMA2: 2 or 3 times a power of 2. Section 5.3.1. */
function dictionaryBytesOf(property: number): number | undefined {
  if (property === 40) return 2 ** 32 - 1;
  return property < 40 ? (2 | (property & 1)) * 2 ** ((property >> 1) + 11) : undefined;
}
