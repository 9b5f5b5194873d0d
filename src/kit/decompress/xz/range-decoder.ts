/** Bits of a probability: 2048 stands for certainty that a bit is 0. */
const probabilityBits = 11;
/** How quickly a probability follows what was seen. */
const moveBits = 5;
/** Below this the range is too narrow for the next bit. */
const narrow = 1 << 24;

/** The probability before anything was seen. */
export const even: number = 1 << (probabilityBits - 1);

/**
 * The range decoder of LZMA: bits whose probabilities are learnt as they come. Each function works on locals and writes the
 * state back once, because this is where all time goes. The input has some bytes to spare behind its end, so that a damaged
 * one may be read on for a symbol, which takes less than 64 bytes, before `at` is looked at.
 */
export class RangeDecoder {
  readonly #probabilities: Uint16Array;
  #input: Uint8Array = new Uint8Array(0);
  /** Range and code, two unsigned numbers that fields of an object would hold as doubles. */
  readonly #coder = new Uint32Array(2);
  /** Position of the next byte in the input. */
  at = 0;

  constructor(probabilities: Uint16Array) {
    this.#probabilities = probabilities;
  }

  /** Begins to read at a position. False unless the first byte is 0, as every encoder writes it. */
  start(input: Uint8Array, at: number): boolean {
    this.#input = input;
    this.at = at + 1;
    this.#coder[0] = 0xffffffff;
    let code = 0;
    for (let i = 0; i < 4; i++) code = (code << 8) | (input[this.at++] ?? 0);
    this.#coder[1] = code;
    return input[at] === 0;
  }

  /** Whether the encoder ended here. Reads the byte that it may have written on top. */
  isFinished(): boolean {
    const [range = 0, code = 0] = this.#coder;
    if (range < narrow) this.at++;
    return code === 0;
  }

  /** One bit with the probability of this number. */
  bit(index: number): 0 | 1 {
    const probabilities = this.#probabilities;
    let range = this.#coder[0] as number;
    let code = this.#coder[1] as number;
    if (range < narrow) {
      range = (range << 8) >>> 0;
      code = ((code << 8) | (this.#input[this.at++] as number)) >>> 0;
    }
    const probability = probabilities[index] as number;
    const bound = Math.imul(range >>> probabilityBits, probability) >>> 0;
    if (code < bound) {
      this.#coder[0] = bound;
      this.#coder[1] = code;
      probabilities[index] = probability + ((2048 - probability) >> moveBits);
      return 0;
    }
    this.#coder[0] = range - bound;
    this.#coder[1] = code - bound;
    probabilities[index] = probability - (probability >> moveBits);
    return 1;
  }

  /** A number of `bits` bits, the highest first, each with a probability that hangs on those before; with a 1 in front. */
  tree(base: number, bits: number): number {
    const probabilities = this.#probabilities;
    const input = this.#input;
    let at = this.at;
    let range = this.#coder[0] as number;
    let code = this.#coder[1] as number;
    let symbol = 1;
    const end = 1 << bits;
    while (symbol < end) {
      if (range < narrow) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | (input[at++] as number)) >>> 0;
      }
      const probability = probabilities[base + symbol] as number;
      const bound = Math.imul(range >>> probabilityBits, probability) >>> 0;
      if (code < bound) {
        range = bound;
        probabilities[base + symbol] = probability + ((2048 - probability) >> moveBits);
        symbol <<= 1;
      } else {
        range -= bound;
        code -= bound;
        probabilities[base + symbol] = probability - (probability >> moveBits);
        symbol = (symbol << 1) | 1;
      }
    }
    this.at = at;
    this.#coder[0] = range;
    this.#coder[1] = code;
    return symbol;
  }

  /** The same, the lowest bit first, and without the 1 in front. */
  reverseTree(base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  /** A byte with a 1 in front, where a byte is known that it probably differs from: of LZMA, a literal after a match. */
  matchedByte(base: number, matched: number): number {
    const probabilities = this.#probabilities;
    const input = this.#input;
    let at = this.at;
    let range = this.#coder[0] as number;
    let code = this.#coder[1] as number;
    let symbol = 1;
    let expected = matched;
    // 0x100 as long as all bits were as in the known byte: the third set of probabilities, or the second.
    let offset = 0x100;
    while (symbol < 0x100) {
      expected <<= 1;
      const expectedBit = expected & offset;
      const index = base + offset + expectedBit + symbol;
      if (range < narrow) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | (input[at++] as number)) >>> 0;
      }
      const probability = probabilities[index] as number;
      const bound = Math.imul(range >>> probabilityBits, probability) >>> 0;
      if (code < bound) {
        range = bound;
        probabilities[index] = probability + ((2048 - probability) >> moveBits);
        symbol <<= 1;
        offset &= ~expectedBit;
      } else {
        range -= bound;
        code -= bound;
        probabilities[index] = probability - (probability >> moveBits);
        symbol = (symbol << 1) | 1;
        offset &= expectedBit;
      }
    }
    this.at = at;
    this.#coder[0] = range;
    this.#coder[1] = code;
    return symbol;
  }

  /** A number of `bits` bits, the highest first, each as probably 0 as 1. */
  direct(bits: number): number {
    let range = this.#coder[0] as number;
    let code = this.#coder[1] as number;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      if (range < narrow) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | (this.#input[this.at++] as number)) >>> 0;
      }
      range >>>= 1;
      const bit = code >= range ? 1 : 0;
      if (bit === 1) code -= range;
      value = (value << 1) | bit;
    }
    this.#coder[0] = range;
    this.#coder[1] = code;
    return value;
  }
}
