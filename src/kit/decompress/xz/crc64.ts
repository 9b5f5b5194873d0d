/** The reflected polynomial of ECMA-182, in two halves. */
const polynomial = { low: 0xd7870f42, high: 0xc96c5795 };

/** Contributions of each of four consecutive bytes to the remainder, low and high half. */
interface Tables {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

function makeTables(): Tables {
  const low = new Uint32Array(4 * 256);
  const high = new Uint32Array(4 * 256);
  for (let i = 0; i < 256; i++) {
    let [l, h] = [i, 0];
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (l & 1) !== 0;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (isOdd) [l, h] = [l ^ polynomial.low, h ^ polynomial.high];
    }
    [low[i], high[i]] = [l, h];
  }
  for (let i = 256; i < 4 * 256; i++) {
    const [l = 0, h = 0] = [low[i - 256], high[i - 256]];
    low[i] = ((l >>> 8) | (h << 24)) ^ (low[l & 0xff] ?? 0);
    high[i] = (h >>> 8) ^ (high[l & 0xff] ?? 0);
  }
  return { low, high };
}

/** CRC-64 of the xz file format, section 6. */
export class Crc64 {
  readonly sizeBytes = 8;
  readonly #tables: Tables = makeTables();
  #low = 0xffffffff;
  #high = 0xffffffff;

  update(bytes: Uint8Array): void {
    const { low, high } = this.#tables;
    let l = this.#low;
    let h = this.#high;
    let i = 0;
    const fours = bytes.length & ~3;
    // Every index is in range. This loop runs over all inflated bytes.
    while (i < fours) {
      const word =
        l ^
        ((bytes[i] as number) |
          ((bytes[i + 1] as number) << 8) |
          ((bytes[i + 2] as number) << 16) |
          ((bytes[i + 3] as number) << 24));
      const a = 768 + (word & 0xff);
      const b = 512 + ((word >>> 8) & 0xff);
      const c = 256 + ((word >>> 16) & 0xff);
      const d = word >>> 24;
      l = h ^ (low[a] as number) ^ (low[b] as number) ^ (low[c] as number) ^ (low[d] as number);
      h = (high[a] as number) ^ (high[b] as number) ^ (high[c] as number) ^ (high[d] as number);
      i += 4;
    }
    for (; i < bytes.length; i++) {
      const index = (l ^ (bytes[i] as number)) & 0xff;
      l = ((l >>> 8) | (h << 24)) ^ (low[index] as number);
      h = (h >>> 8) ^ (high[index] as number);
    }
    this.#low = l;
    this.#high = h;
  }

  /** Returns the sum as eight little-endian bytes and resets it. */
  digest(): Buffer {
    const result = Buffer.alloc(8);
    result.writeUInt32LE(~this.#low >>> 0, 0);
    result.writeUInt32LE(~this.#high >>> 0, 4);
    this.#low = this.#high = 0xffffffff;
    return result;
  }
}
