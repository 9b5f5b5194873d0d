/** Bits of a probability. 2048 is certainty that a bit is 0. */
const probabilityBits = 11;
/** How quickly a probability adapts. */
const moveBits = 5;
/** Below this value the range is too narrow for the next bit. */
const narrow = 1 << 24;

/** The initial probability. */
export const even: number = 1 << (probabilityBits - 1);

/**
 * The range decoder of LZMA, with adaptive probabilities of bits. Each function works on local variables and writes the state back once,
 * because most of the time is spent here. The input must have `slackBytes` after its end. So a symbol of a damaged input, which takes less
 * than 64 bytes, can be read before `at` is checked.
 */
export class RangeDecoder {
  readonly #probabilities: Uint16Array;
  #input: Uint8Array = new Uint8Array(0);
  /** Range and code. As fields of an object, these unsigned numbers would be stored as doubles. */
  readonly #coder = new Uint32Array(2);
  /** Position of the next byte in the input. */
  at = 0;

  constructor(probabilities: Uint16Array) {
    this.#probabilities = probabilities;
  }

  /** Begins to read at a position. Returns false unless the first byte is 0, as every encoder writes it. */
  start(input: Uint8Array, at: number): boolean {
    this.#input = input;
    this.at = at + 1;
    this.#coder[0] = 0xffffffff;
    let code = 0;
    for (let i = 0; i < 4; i++) code = (code << 8) | (input[this.at++] ?? 0);
    this.#coder[1] = code;
    return input[at] === 0;
  }

  /** Returns whether the encoder ended here. Reads the byte that it may have written in addition. */
  isFinished(): boolean {
    const [range = 0, code = 0] = this.#coder;
    if (range < narrow) this.at++;
    return code === 0;
  }

  /** Decodes one bit with the probability of this index. */
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

  /** Decodes `bits` bits, highest first. The probability of each depends on the bits before it. The result has a leading 1. */
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

  /** The same, lowest bit first and without the leading 1. */
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

  /** Decodes a literal after a match, with a leading 1. It probably differs from the byte that would have continued the match. */
  matchedByte(base: number, matched: number): number {
    const probabilities = this.#probabilities;
    const input = this.#input;
    let at = this.at;
    let range = this.#coder[0] as number;
    let code = this.#coder[1] as number;
    let symbol = 1;
    let expected = matched;
    // 0x100 while all bits equal those of the known byte. It selects the third set of probabilities, else the second.
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

  /** Decodes `bits` bits, highest first, of equal probability. */
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
