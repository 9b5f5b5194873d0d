import { InflateError } from '../inflater.ts';
import type { PendingInput } from '../pending-input.ts';
import { codeBitsMax, fastBits, type HuffmanTable } from './huffman-table.ts';

/** Reads bits, the highest of a byte first. Bytes that were read ahead count as used by `input` until `align`. */
export class BitReader {
  readonly #input: PendingInput;
  /** The next bits are the lowest `#count` of these 32. */
  #bits = 0;
  #count = 0;

  constructor(input: PendingInput) {
    this.#input = input;
  }

  /** Reads at most 24 bits as a number. Throws if there are fewer. */
  bits(count: number): number {
    const input = this.#input;
    while (this.#count < count) {
      if (input.available <= 0) throw new InflateError('the bzip2 data ends inside a block', input.position);
      this.#bits = (this.#bits << 8) | (input.bytes[input.at++] ?? 0);
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#bits >>> this.#count) & ((1 << count) - 1);
  }

  /** Reads an unsigned 32-bit number. */
  word(): number {
    return this.bits(16) * 0x10000 + this.bits(16);
  }

  /** Moves to the next whole byte and returns the bytes that were read ahead. */
  align(): void {
    this.#input.at -= this.#count >> 3;
    this.#count = 0;
  }

  /**
   * Decodes symbols until `symbols` is full or `last` occurs. Returns their number, or 0 if a code has no symbol. The end of the input is
   * checked only afterwards, so `symbols` must be short enough for the slack of the input.
   */
  symbols(table: HuffmanTable, last: number, symbols: Uint16Array): number {
    const input = this.#input;
    const { bytes } = input;
    const { fast } = table;
    let { at } = input;
    let held = this.#bits;
    let count = this.#count;
    let filled = 0;
    let symbol = -1;
    while (filled < symbols.length && symbol !== last) {
      while (count < 25) {
        held = (held << 8) | (bytes[at++] as number);
        count += 8;
      }
      let entry = fast[(held >>> (count - fastBits)) & ((1 << fastBits) - 1)] as number;
      if (entry === 0) {
        entry = table.search((held >>> (count - codeBitsMax)) & ((1 << codeBitsMax) - 1));
        if (entry === 0) return 0;
      }
      count -= entry & 31;
      symbol = entry >>> 5;
      symbols[filled++] = symbol;
    }
    input.at = at;
    this.#bits = held;
    this.#count = count;
    if (at - (count >> 3) > input.end) {
      throw new InflateError('the bzip2 data ends inside a block', input.position + input.available);
    }
    return filled;
  }
}
