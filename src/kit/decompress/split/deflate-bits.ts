/** Bits in the order of deflate (RFC 1951): the first bit is the lowest one of its byte. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #length = 0;

  /** Number of bits. */
  get length(): number {
    return this.#length;
  }

  /** Appends the `count` lowest bits of a number, the lowest first. */
  append(value: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const at = this.#length >> 3;
      this.#bytes[at] = (this.#bytes[at] ?? 0) | (((value >> i) & 1) << (this.#length & 7));
      this.#length++;
    }
  }

  /** Appends a Huffman code, its highest bit first. */
  appendCode(code: number, length: number): void {
    for (let i = length - 1; i >= 0; i--) this.append(code >> i, 1);
  }

  /** Returns the bits, filled with zeros to a whole byte. */
  toBuffer(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

/** Order in which a dynamic block states the lengths of the codes of its code lengths (RFC 1951, 3.2.7). */
export const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;

/** The symbol that ends a block. */
export const endOfBlock = 256;

/** A dynamic block without distances, whose literals all have codes of one length. */
export interface UniformBlock {
  readonly isLast: boolean;
  /** Length of each code in bits. */
  readonly codeBits: number;
  /** The `2 ** codeBits - 1` literals that have a code, ascending. The end of the block has the last code. */
  readonly literals: readonly number[];
  /** Number of distance codes that the header states as unused: 1 or 2. */
  readonly distances: 1 | 2;
  /** Literals of the block, as indexes in `literals`. */
  readonly content: readonly number[];
}

/** Appends a block. */
export function appendUniformBlock(to: BitWriter, block: UniformBlock): void {
  const { isLast, codeBits, literals, distances, content } = block;
  const usedLengths = codeLengthOrder.indexOf(codeBits as (typeof codeLengthOrder)[number]) + 1;
  to.append(Number(isLast), 1);
  to.append(2, 2);
  to.append(0, 5);
  to.append(distances - 1, 5);
  to.append(usedLengths - 4, 4);
  // The lengths are 0 and `codeBits` only, so each of both has a code of one bit.
  for (const symbol of codeLengthOrder.slice(0, usedLengths))
    to.append(Number(symbol === 0 || symbol === codeBits), 3);
  const used = new Set([...literals, endOfBlock]);
  for (let symbol = 0; symbol <= endOfBlock; symbol++) to.append(Number(used.has(symbol)), 1);
  to.append(0, distances);
  for (const index of content) to.appendCode(index, codeBits);
  to.appendCode(literals.length, codeBits);
}
