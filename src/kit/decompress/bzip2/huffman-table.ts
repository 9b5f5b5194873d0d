/** Longest code of bzip2 in bits. */
export const codeBitsMax = 20;
/** Codes of up to this many bits are looked up in a table. Longer ones are searched. */
export const fastBits = 10;

/** A prefix code, defined by the code lengths of its symbols. Codes of equal length are assigned in the order of the symbols. */
export class HuffmanTable {
  /** By the next `fastBits` bits: the symbol, shifted by five, and the length of its code. 0 if the code is longer. */
  readonly fast: Uint16Array = new Uint16Array(1 << fastBits);
  /** By length: the highest code of this length, or -1. */
  readonly #highest = new Int32Array(codeBitsMax + 1).fill(-1);
  /** By length: the value to subtract from a code to get the index of its symbol. */
  readonly #base = new Int32Array(codeBitsMax + 1);
  readonly #symbols: number[] = [];
  /** Whether the lengths form a prefix code. */
  readonly isPossible: boolean;

  constructor(lengths: Uint8Array) {
    let code = 0;
    let isPossible = true;
    for (let length = 1; length <= codeBitsMax; length++) {
      this.#base[length] = code - this.#symbols.length;
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue;
        if (length <= fastBits) this.#fillFast(code, length, symbol);
        this.#symbols.push(symbol);
        this.#highest[length] = code++;
      }
      if (code > 2 ** length) isPossible = false;
      code *= 2;
    }
    this.isPossible = isPossible;
  }

  /** Returns the symbol of a code of more than `fastBits` bits at the top of `bits`, in the format of `fast`. 0 if no code matches. */
  search(bits: number): number {
    for (let length = fastBits + 1; length <= codeBitsMax; length++) {
      const code = bits >>> (codeBitsMax - length);
      if (code > (this.#highest[length] ?? -1)) continue;
      return ((this.#symbols[code - (this.#base[length] ?? 0)] ?? 0) << 5) | length;
    }
    return 0;
  }

  #fillFast(code: number, length: number, symbol: number): void {
    const from = code << (fastBits - length);
    this.fast.fill((symbol << 5) | length, from, from + (1 << (fastBits - length)));
  }
}
