import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The numbers of the checks that the writer computes. The xz file format, section 2.1.1.2. */
export const xzCheck = { none: 0, crc32: 1, sha256: 10 } as const;

/** A block of an xz stream. Every member but the data may be wrong on purpose. */
export interface XzBlock {
  /** Chunks of LZMA2 with their end marker. */
  readonly data: Buffer;
  readonly content: Buffer;
  /** Sizes that the header states. */
  readonly stated?: { readonly compressed?: number; readonly inflated?: number };
  /** Flags and filters of the header, with their properties. The default is LZMA2 with 4 MiB. */
  readonly header?: readonly number[];
  readonly headerPadding?: Buffer;
  readonly padding?: Buffer;
  readonly check?: Buffer;
}

/** A stream of xz. Checksums are right unless they are given. */
export interface XzStream {
  readonly flags?: readonly [first: number, check: number];
  readonly blocks?: readonly XzBlock[];
  /** Changes the records of the index: sizes of a block without padding, and of its content. */
  readonly records?: (records: readonly XzRecord[]) => readonly XzRecord[];
  readonly indexCount?: Buffer;
  readonly indexPadding?: Buffer;
  readonly footerFlags?: readonly [first: number, check: number];
  readonly backwardBytes?: number;
}

/** A record of the index. */
export type XzRecord = readonly [unpadded: number, inflated: number];

/** A number of seven bits per byte, lowest first. The xz file format, section 1.2. */
export function xzNumber(value: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value);
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}

/** Writes a stream. */
export function xzStream(stream: XzStream): Buffer {
  const flags = stream.flags ?? [0, xzCheck.crc32];
  const blocks = (stream.blocks ?? []).map((block) => writtenBlock(block, flags[1]));
  const records = blocks.map(({ record }) => record);
  const index = indexOf(stream, stream.records?.(records) ?? records);
  const flagBytes = Buffer.from(flags);
  const backward = Buffer.alloc(4);
  backward.writeUInt32LE((stream.backwardBytes ?? index.length) / 4 - 1);
  const footer = Buffer.concat([backward, Buffer.from(stream.footerFlags ?? flags)]);
  return Buffer.concat([
    Buffer.from('fd377a585a00', 'hex'),
    flagBytes,
    sum(flagBytes),
    ...blocks.map(({ bytes }) => bytes),
    index,
    sum(footer),
    footer,
    Buffer.from('YZ'),
  ]);
}

/** Returns the stored form of LZMA2: the data as it is. `control` is 1 with a reset of the dictionary, and 2 without. */
export function storedChunk(content: Buffer, control = 1): Buffer {
  const header = Buffer.from([control, 0, 0]);
  header.writeUInt16BE(content.length - 1, 1);
  return Buffer.concat([header, content]);
}

function writtenBlock(block: XzBlock, check: number): { readonly bytes: Buffer; readonly record: XzRecord } {
  const header = headerOf(block);
  const sums = block.check ?? checkOf(block.content, check);
  const padding = block.padding ?? Buffer.alloc(-block.data.length & 3);
  return {
    bytes: Buffer.concat([header, block.data, padding, sums]),
    record: [header.length + block.data.length + sums.length, block.content.length],
  };
}

function headerOf({ stated = {}, header = [0, 0x21, 1, 0x14], headerPadding }: XzBlock): Buffer {
  const [flags = 0, ...filters] = header;
  const { compressed, inflated } = stated;
  const sizeFlags = (compressed === undefined ? 0 : 0x40) | (inflated === undefined ? 0 : 0x80);
  const sizes = [compressed, inflated].filter((size) => size !== undefined);
  const fields = Buffer.concat([
    Buffer.from([0, flags | sizeFlags]),
    ...sizes.map(xzNumber),
    Buffer.from(filters),
  ]);
  const padded = Buffer.concat([fields, headerPadding ?? Buffer.alloc(-fields.length & 3)]);
  padded[0] = padded.length / 4;
  return Buffer.concat([padded, sum(padded)]);
}

function indexOf({ indexCount, indexPadding }: XzStream, records: readonly XzRecord[]): Buffer {
  const content = Buffer.concat([
    Buffer.from([0]),
    indexCount ?? xzNumber(records.length),
    ...records.flatMap(([unpadded, inflated]) => [xzNumber(unpadded), xzNumber(inflated)]),
  ]);
  const padded = Buffer.concat([content, indexPadding ?? Buffer.alloc(-content.length & 3)]);
  return Buffer.concat([padded, sum(padded)]);
}

function checkOf(content: Buffer, check: number): Buffer {
  if (check === xzCheck.crc32) return sum(content);
  return check === xzCheck.sha256 ? createHash('sha256').update(content).digest() : Buffer.alloc(0);
}

function sum(bytes: Uint8Array): Buffer {
  const result = Buffer.alloc(4);
  result.writeUInt32LE(crc32(bytes));
  return result;
}
