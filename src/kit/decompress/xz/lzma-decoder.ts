import { even, RangeDecoder } from './range-decoder.ts';
import type { Window } from './window.ts';

/** Offsets of the probabilities of each kind: for 12 states of 16 positions each, or for one of the two alone. */
const states = 12;
const positions = 16;
const isMatch = 0;
const isRepeat = isMatch + states * positions;
const isOlder = isRepeat + states;
const isSecondOrOlder = isOlder + states;
const isFourth = isSecondOrOlder + states;
const isLongRepeat = isFourth + states;
const slots = isLongRepeat + states * positions;
const middleDistances = slots + 4 * 64;
const lowDistanceBits = middleDistances + 128;
const matchLengths = lowDistanceBits + 16;
const lengthModel = 2 + positions * 8 + positions * 8 + 256;
const repeatLengths = matchLengths + lengthModel;
const literals = repeatLengths + lengthModel;
const literalModel = 0x300;
/** LZMA2 allows at most four bits of context for literals. */
const contextBitsMax = 4;

const shortestMatch = 2;

/**
 * Decodes LZMA: literals, matches at new distances, and matches at one of the last four. The xz file format, section 5.3.1, and the LZMA
 * specification of its author.
 */
export class LzmaDecoder {
  readonly #window: Window;
  readonly #probabilities = new Uint16Array(literals + (literalModel << contextBitsMax));
  readonly #range = new RangeDecoder(this.#probabilities);
  #contextBits = 0;
  #literalMask = 0;
  #positionMask = 0;
  #state = 0;
  #distance0 = 0;
  #distance1 = 0;
  #distance2 = 0;
  #distance3 = 0;

  constructor(window: Window) {
    this.#window = window;
  }

  /**
   * Takes new properties and resets the state. They are the bits of the previous byte (lc) and of the position (lp) that choose the model
   * of a literal, and those of the position (pb) for everything else. They are stored in one byte: (pb * 5 + lp) * 9 + lc. Returns false if
   * LZMA2 does not allow them.
   */
  setProperties(properties: number): boolean {
    const contextBits = properties % 9;
    const literalPositionBits = Math.trunc(properties / 9) % 5;
    const positionBits = Math.trunc(properties / 45);
    if (contextBits + literalPositionBits > contextBitsMax || positionBits > 4) return false;
    this.#contextBits = contextBits;
    this.#literalMask = (1 << literalPositionBits) - 1;
    this.#positionMask = (1 << positionBits) - 1;
    return true;
  }

  /** Resets all probabilities. */
  reset(): void {
    this.#probabilities.fill(even);
    this.#state = 0;
    this.#distance0 = this.#distance1 = this.#distance2 = this.#distance3 = 0;
  }

  /**
   * Decodes `size` bytes into the window from the input between two positions, which must be used up. Returns a message if the input is
   * damaged. The window is then invalid.
   */
  decode(input: Uint8Array, from: number, to: number, size: number): string | undefined {
    const window = this.#window;
    const range = this.#range;
    const end = window.at + size;
    if (!range.start(input, from)) return 'a chunk does not begin with a zero';
    while (window.at < end) {
      const position = window.at & this.#positionMask;
      if (range.bit(isMatch + (this.#state << 4) + position) === 0) this.#literal();
      else {
        const length = this.#match(position);
        if (length > end - window.at) return 'a match reaches beyond its chunk';
        if (!window.repeat(this.#distance0, length)) return 'a match begins before the data';
      }
      if (range.at > to) return 'a chunk ends before its data';
    }
    return range.isFinished() && range.at === to ? undefined : 'a chunk goes on after its data';
  }

  #literal(): void {
    const { bytes, at } = this.#window;
    const before = at === 0 ? 0 : (bytes[at - 1] as number);
    const context = ((at & this.#literalMask) << this.#contextBits) | (before >> (8 - this.#contextBits));
    const base = literals + literalModel * context;
    const state = this.#state;
    // After a match the next byte is not the one that would have continued it.
    const symbol =
      state < 7
        ? this.#range.tree(base, 8)
        : this.#range.matchedByte(base, bytes[at - this.#distance0 - 1] as number);
    bytes[at] = symbol;
    this.#window.at = at + 1;
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }

  /** Decodes a match. Returns its length, and stores the distance less one as the latest. */
  #match(position: number): number {
    const state = this.#state;
    if (this.#range.bit(isRepeat + state) !== 0) return this.#repeat(position);
    this.#distance3 = this.#distance2;
    this.#distance2 = this.#distance1;
    this.#distance1 = this.#distance0;
    this.#state = state < 7 ? 7 : 10;
    const length = this.#length(matchLengths, position);
    this.#distance0 = this.#distance(Math.min(length - shortestMatch, 3));
    return length;
  }

  #repeat(position: number): number {
    const range = this.#range;
    const state = this.#state;
    if (range.bit(isOlder + state) === 0) {
      if (range.bit(isLongRepeat + (state << 4) + position) === 0) {
        this.#state = state < 7 ? 9 : 11;
        return 1;
      }
    } else {
      this.#recall(state);
    }
    this.#state = state < 7 ? 8 : 11;
    return this.#length(repeatLengths, position);
  }

  /** Makes one of the three older distances the latest. */
  #recall(state: number): void {
    const range = this.#range;
    let distance = this.#distance1;
    if (range.bit(isSecondOrOlder + state) !== 0) {
      distance = this.#distance2;
      if (range.bit(isFourth + state) !== 0) {
        distance = this.#distance3;
        this.#distance3 = this.#distance2;
      }
      this.#distance2 = this.#distance1;
    }
    this.#distance1 = this.#distance0;
    this.#distance0 = distance;
  }

  #length(model: number, position: number): number {
    const range = this.#range;
    // A tree begins at its symbol 1.
    if (range.bit(model) === 0) return shortestMatch + range.tree(model + 2 + position * 8, 3) - 8;
    if (range.bit(model + 1) === 0) return shortestMatch + range.tree(model + 130 + position * 8, 3);
    return shortestMatch + 16 + range.tree(model + 258, 8) - 256;
  }

  /**
   * Decodes a distance less one: a slot for its highest two bits, then the others. If it is large, the lowest four bits have adaptive
   * probabilities.
   */
  #distance(lengthClass: number): number {
    const range = this.#range;
    const slot = range.tree(slots + lengthClass * 64, 6) - 64;
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) << bits;
    if (slot < 14) return high + range.reverseTree(middleDistances + high - slot, bits);
    return (high + (range.direct(bits - 4) << 4) + range.reverseTree(lowDistanceBits, 4)) >>> 0;
  }
}
