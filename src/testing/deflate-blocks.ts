import { codeLengthOrder } from '../kit/decompress/split/deflate-bits.ts';

/** Extra bits of lengths from symbol 257 on, and of distances (RFC 1951, 3.2.5). */
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceExtra = Array.from({ length: 30 }, (_, symbol) => Math.max(0, (symbol >> 1) - 1));

/**
 * Returns the bits at which blocks of a deflate stream start, and the bit behind the last one. Reads the codes bit by bit, independently of
 * zlib, and inflates nothing.
 */
export function blockBits(stream: Buffer): number[] {
  const reader = new Bits(stream);
  const starts: number[] = [];
  for (let isLast = false; !isLast; ) {
    starts.push(reader.at);
    isLast = reader.take(1) === 1;
    const type = reader.take(2);
    if (type === 0) skipStored(reader);
    else skipCodes(reader, type === 1 ? fixedCodes() : readCodes(reader));
  }
  return [...starts, reader.at];
}

class Bits {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.at++)
      value += (((this.#bytes[this.at >> 3] ?? 0) >> (this.at & 7)) & 1) * 2 ** i;
    return value;
  }
}

/** Symbols by their codes, written as binary numbers. */
type Code = ReadonlyMap<string, number>;

interface Codes {
  readonly literals: Code;
  readonly distances: Code;
}

function skipStored(reader: Bits): void {
  reader.at = Math.ceil(reader.at / 8) * 8;
  const length = reader.take(16);
  reader.take(16);
  reader.at += length * 8;
}

function skipCodes(reader: Bits, { literals, distances }: Codes): void {
  for (;;) {
    const symbol = readSymbol(reader, literals);
    if (symbol === 256) return;
    if (symbol < 256) continue;
    reader.take(lengthExtra[symbol - 257] ?? 0);
    reader.take(distanceExtra[readSymbol(reader, distances)] ?? 0);
  }
}

function readSymbol(reader: Bits, code: Code): number {
  for (let bits = ''; bits.length <= 15; ) {
    bits += String(reader.take(1));
    const symbol = code.get(bits);
    if (symbol !== undefined) return symbol;
  }
  throw new Error(`no code at bit ${reader.at}`);
}

function codeOf(lengths: readonly number[]): Code {
  const code = new Map<string, number>();
  let next = 0;
  for (let length = 1; length <= 15; length++) {
    for (const [symbol, own] of lengths.entries())
      if (own === length) code.set((next++).toString(2).padStart(length, '0'), symbol);
    next *= 2;
  }
  return code;
}

function fixedCodes(): Codes {
  const literals = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return { literals: codeOf(literals), distances: codeOf(Array.from({ length: 30 }, () => 5)) };
}

function readCodes(reader: Bits): Codes {
  const literals = reader.take(5) + 257;
  const distances = reader.take(5) + 1;
  const stated = reader.take(4) + 4;
  const codeLengths = Array.from({ length: 19 }, () => 0);
  for (const symbol of codeLengthOrder.slice(0, stated)) codeLengths[symbol] = reader.take(3);
  const code = codeOf(codeLengths);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = readSymbol(reader, code);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) lengths.push(...repeat(lengths.at(-1) ?? 0, 3 + reader.take(2)));
    else lengths.push(...repeat(0, symbol === 17 ? 3 + reader.take(3) : 11 + reader.take(7)));
  }
  return { literals: codeOf(lengths.slice(0, literals)), distances: codeOf(lengths.slice(literals)) };
}

function repeat(length: number, times: number): number[] {
  return Array.from({ length: times }, () => length);
}
