import { codeLengthOrder, endOfBlock } from './deflate-bits.ts';

/** The end of an empty stored block, which compressors write when they flush. It ends at a byte. */
const flushMark = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/**
 * Returns bits at which a block may start, ascending by kind: after marks of a flush, which are the surest, then headers of dynamic blocks.
 * A candidate is a guess: `proveBlockEnd` decides.
 */
export function* blockStartCandidates(bytes: Buffer): Generator<number> {
  for (let at = bytes.indexOf(flushMark); at >= 0; at = bytes.indexOf(flushMark, at + 1)) {
    const next = at + flushMark.length;
    if (next < bytes.length) yield next * 8;
  }
  // A header has at most 320 bytes.
  for (let at = 0; at + 320 < bytes.length; at++) {
    const word = bytes.readUInt32LE(at);
    for (let shift = 0; shift < 8; shift++) {
      if (mayBeDynamicHeader(word >>> shift) && isDynamicHeader(bytes, at * 8 + shift)) yield at * 8 + shift;
    }
  }
}

/** Whether the first 13 bits say: not the last block, dynamic, with valid numbers of literal and distance codes. */
function mayBeDynamicHeader(word: number): boolean {
  return (word & 7) === 4 && ((word >>> 3) & 31) <= 29 && ((word >>> 8) & 31) <= 29;
}

class BitReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Returns the next bits, the first one as the lowest; zeros behind the end. */
  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value |= ((byte >> (this.#at & 7)) & 1) << i;
      this.#at++;
    }
    return value;
  }
}

/** Returns whether zlib would accept the header of a dynamic block at a bit. */
function isDynamicHeader(bytes: Buffer, bit: number): boolean {
  const reader = new BitReader(bytes, bit + 3);
  const literals = reader.take(5) + 257;
  const distances = reader.take(5) + 1;
  const stated = reader.take(4) + 4;
  const codeLengths = new Uint8Array(codeLengthOrder.length);
  for (const symbol of codeLengthOrder.slice(0, stated)) codeLengths[symbol] = reader.take(3);
  if (unusedCodes(codeLengths) !== 0) return false;
  const lengths = readLengths(reader, codeLengths, literals + distances);
  if (lengths === undefined || lengths[endOfBlock] === 0) return false;
  return unusedCodes(lengths.subarray(0, literals)) === 0 && isDistanceCode(lengths.subarray(literals));
}

/** One distance may have a code of one bit, although another code of one bit is then unused. There may be no distances at all. */
function isDistanceCode(lengths: Uint8Array): boolean {
  const longest = Math.max(...lengths);
  const unused = unusedCodes(lengths);
  return unused === 0 || (unused > 0 && longest <= 1);
}

const codeBitsMax = 15;

/** Returns the part of all codes that is unused, in units of the longest code. Negative if there are too many codes. */
function unusedCodes(lengths: Uint8Array): number {
  let unused = 1 << codeBitsMax;
  for (const length of lengths) if (length > 0) unused -= 1 << (codeBitsMax - length);
  return unused;
}

/** Reads the code lengths of literals and distances. Undefined if a repetition has no previous length, or exceeds the number. */
function readLengths(reader: BitReader, codeLengths: Uint8Array, count: number): Uint8Array | undefined {
  const symbolOf = codeTable(codeLengths);
  const lengths = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const symbol = readSymbol(reader, symbolOf);
    if (symbol === undefined || (symbol === repetition.previous && at === 0)) return undefined;
    const repeated = symbol < repetition.previous ? symbol : 0;
    const times = readTimes(reader, symbol);
    if (at + times > count) return undefined;
    lengths.fill(symbol === repetition.previous ? (lengths[at - 1] ?? 0) : repeated, at, at + times);
    at += times;
  }
  return lengths;
}

/** Symbols that repeat a length (RFC 1951, 3.2.7). Lower ones are lengths. */
const repetition = { previous: 16, zero: 17, manyZeros: 18 } as const;

/** Returns how often a symbol repeats its length. */
function readTimes(reader: BitReader, symbol: number): number {
  if (symbol === repetition.previous) return 3 + reader.take(2);
  if (symbol === repetition.zero) return 3 + reader.take(3);
  return symbol === repetition.manyZeros ? 11 + reader.take(7) : 1;
}

/** Returns the symbols by their codes. A key has a one before the bits of the code, so that codes of different lengths differ. */
function codeTable(lengths: Uint8Array): Map<number, number> {
  const table = new Map<number, number>();
  let code = 0;
  for (let length = 1; length <= 7; length++) {
    for (const [symbol, own] of lengths.entries())
      if (own === length) table.set((1 << length) | code++, symbol);
    code <<= 1;
  }
  return table;
}

function readSymbol(reader: BitReader, symbolOf: ReadonlyMap<number, number>): number | undefined {
  let key = 1;
  for (let length = 1; length <= 7; length++) {
    key = (key << 1) | reader.take(1);
    const symbol = symbolOf.get(key);
    if (symbol !== undefined) return symbol;
  }
  return undefined;
}
