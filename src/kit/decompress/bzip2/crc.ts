/** Creates the contributions of each of four consecutive bytes to the remainder. */
function makeTable(): Int32Array {
  const table = new Int32Array(4 * 256);
  for (let i = 0; i < 256; i++) {
    let remainder = i << 24;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder < 0 ? 0x04c11db7 : 0);
    table[i] = remainder;
  }
  for (let i = 256; i < 4 * 256; i++) {
    const before = table[i - 256] ?? 0;
    table[i] = (before << 8) ^ (table[before >>> 24] ?? 0);
  }
  return table;
}

/** The CRC-32 of bzip2. It takes the highest bit of a byte first, while that of zlib takes the lowest. */
export class Bzip2Crc {
  readonly #table: Int32Array = makeTable();
  #remainder = -1;

  update(bytes: Uint8Array): void {
    const table = this.#table;
    let remainder = this.#remainder;
    let i = 0;
    const fours = bytes.length & ~3;
    // Every index is in range. This loop runs over all inflated bytes.
    for (; i < fours; i += 4) {
      const word =
        remainder ^
        (((bytes[i] as number) << 24) |
          ((bytes[i + 1] as number) << 16) |
          ((bytes[i + 2] as number) << 8) |
          (bytes[i + 3] as number));
      remainder =
        (table[768 + (word >>> 24)] as number) ^
        (table[512 + ((word >>> 16) & 0xff)] as number) ^
        (table[256 + ((word >>> 8) & 0xff)] as number) ^
        (table[word & 0xff] as number);
    }
    for (; i < bytes.length; i++)
      remainder = (remainder << 8) ^ (table[(remainder >>> 24) ^ (bytes[i] as number)] as number);
    this.#remainder = remainder;
  }

  /** Returns the sum and resets it. */
  digest(): number {
    const sum = ~this.#remainder >>> 0;
    this.#remainder = -1;
    return sum;
  }
}
