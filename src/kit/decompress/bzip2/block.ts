import type { BitReader } from './bit-reader.ts';
import { codeBitsMax, HuffmanTable } from './huffman-table.ts';

/** Symbols after which the table may change. */
const groupSymbols = 50;
/** Maximum number of groups of a block. Some writers declare more, which are ignored. */
const groupsMax = 18_002;
const outputBytes = 256 * 1024;
/** The longest run that one byte of a block encodes. */
const runMax = 255;

/**
 * Decodes a block of bzip2: prefix codes, runs of zeros, move-to-front, the Burrows-Wheeler transform and runs of bytes. Methods return a
 * message if the block is damaged.
 */
export class Block {
  readonly #sizeMax: number;
  /** Bytes in the order of the transform. The upper bits are the index of the following byte. */
  readonly #transform: Uint32Array;
  readonly #counts = new Uint32Array(256);
  readonly #recent = new Uint8Array(256);
  readonly #groups = new Uint8Array(groupsMax);
  readonly #symbols = new Uint16Array(groupSymbols);
  readonly #output = Buffer.allocUnsafeSlow(outputBytes + runMax);
  #tables: readonly HuffmanTable[] = [];
  #groupCount = 0;
  #group = 0;
  #endSymbol = 0;
  #origin = 0;
  #size = 0;
  #run = 0;
  #runWeight = 1;

  /** For blocks of up to `sizeMax` bytes. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
    this.#transform = new Uint32Array(sizeMax);
  }

  /** Reads the block header. Returns a message if it is invalid. */
  readHeader(reader: BitReader): string | undefined {
    if (reader.bits(1) !== 0)
      return 'a block is randomised, as bzip2 before 0.9.5 did, which is not supported';
    this.#origin = reader.bits(24);
    this.#size = this.#run = this.#group = 0;
    this.#runWeight = 1;
    this.#counts.fill(0);
    const used = this.#readUsedBytes(reader);
    this.#endSymbol = used + 1;
    const tableCount = reader.bits(3);
    this.#groupCount = reader.bits(15);
    if (used === 0 || tableCount < 2 || tableCount > 6 || this.#groupCount === 0)
      return 'a block header is malformed';
    return this.#readGroups(reader, tableCount) ?? this.#readTables(reader, tableCount, used + 2);
  }

  /** Reads which byte values occur, in two levels of 16, and lists them in ascending order as the recent bytes. */
  #readUsedBytes(reader: BitReader): number {
    const ranges = reader.bits(16);
    let count = 0;
    for (let range = 0; range < 16; range++) {
      if ((ranges & (0x8000 >> range)) === 0) continue;
      const bytes = reader.bits(16);
      for (let i = 0; i < 16; i++) if (bytes & (0x8000 >> i)) this.#recent[count++] = range * 16 + i;
    }
    return count;
  }

  /** Reads which table each group uses: its position among the recently used tables, in unary. */
  #readGroups(reader: BitReader, tableCount: number): string | undefined {
    const lately = Uint8Array.from({ length: tableCount }, (_, i) => i);
    for (let group = 0; group < this.#groupCount; group++) {
      let place = 0;
      while (reader.bits(1) === 1)
        if (++place >= tableCount) return 'a block header names a table it does not have';
      const table = lately[place] ?? 0;
      lately.copyWithin(1, 0, place);
      lately[0] = table;
      if (group < groupsMax) this.#groups[group] = table;
    }
    this.#groupCount = Math.min(this.#groupCount, groupsMax);
    return undefined;
  }

  #readTables(reader: BitReader, tableCount: number, symbolCount: number): string | undefined {
    const tables: HuffmanTable[] = [];
    while (tables.length < tableCount) {
      const lengths = readLengths(reader, symbolCount);
      const table = lengths && new HuffmanTable(lengths);
      if (table?.isPossible !== true) return 'a block header has impossible codes';
      tables.push(table);
    }
    this.#tables = tables;
    return undefined;
  }

  /** Decodes the next group of symbols. The block continues unless it has ended or is damaged. */
  readGroup(reader: BitReader): 'more' | 'end' | { readonly fault: string } {
    if (this.#group >= this.#groupCount) return { fault: 'a block goes on after its last group' };
    const table = this.#tables[this.#groups[this.#group++] ?? 0];
    const symbols = this.#symbols;
    const count = table === undefined ? 0 : reader.symbols(table, this.#endSymbol, symbols);
    if (count === 0) return { fault: 'a block has an invalid code' };
    const isEnd = symbols[count - 1] === this.#endSymbol;
    this.#takeSymbols(isEnd ? count - 1 : count);
    if (isEnd) this.#endRun();
    // Writes beyond the end of the array had no effect.
    if (this.#size > this.#sizeMax) return { fault: 'a block is longer than the stream allows' };
    return isEnd ? 'end' : 'more';
  }

  #takeSymbols(count: number): void {
    const symbols = this.#symbols;
    for (let i = 0; i < count; i++) {
      const symbol = symbols[i] as number;
      if (symbol <= 1) {
        // Digits 1 and 2 of a bijective base-2 number, lowest first.
        this.#run += this.#runWeight * (symbol + 1);
        this.#runWeight *= 2;
      } else {
        if (this.#run > 0) this.#endRun();
        const byte = this.#toFront(symbol - 1);
        this.#transform[this.#size++] = byte;
        (this.#counts[byte] as number)++;
      }
    }
  }

  /** Moves the byte at a position of the recent bytes to the front and returns it. */
  #toFront(place: number): number {
    const recent = this.#recent;
    const byte = recent[place] as number;
    if (place > 32) recent.copyWithin(1, 0, place);
    else for (let i = place; i > 0; i--) recent[i] = recent[i - 1] as number;
    recent[0] = byte;
    return byte;
  }

  /** Writes the last byte as often as the run says. */
  #endRun(): void {
    const end = this.#size + this.#run;
    const byte = this.#recent[0] ?? 0;
    this.#transform.fill(byte, this.#size, end);
    this.#counts[byte] = (this.#counts[byte] ?? 0) + this.#run;
    this.#size = end;
    this.#run = 0;
    this.#runWeight = 1;
  }

  /** Links each byte with the byte that follows it, once all have been read. */
  link(): string | undefined {
    if (this.#origin >= this.#size) return 'a block begins where it has no byte';
    const transform = this.#transform;
    const next = this.#counts;
    let sum = 0;
    for (let byte = 0; byte < 256; byte++) {
      const count = next[byte] ?? 0;
      next[byte] = sum;
      sum += count;
    }
    const size = this.#size;
    for (let i = 0; i < size; i++) {
      const byte = (transform[i] as number) & 0xff;
      const place = next[byte] as number;
      next[byte] = place + 1;
      transform[place] = ((transform[place] as number) & 0xff) | (i << 8);
    }
    return undefined;
  }

  /** Passes on the bytes of the block, valid during the call. After four equal bytes follows the count of further ones. */
  write(sink: (bytes: Buffer) => void): void {
    const transform = this.#transform;
    const output = this.#output;
    const size = this.#size;
    let entry = transform[(transform[this.#origin] as number) >>> 8] as number;
    let filled = 0;
    let previous = -1;
    let equal = 0;
    for (let i = 0; i < size; i++) {
      const byte = entry & 0xff;
      entry = transform[entry >>> 8] as number;
      if (equal === 4) {
        output.fill(previous, filled, filled + byte);
        filled += byte;
        equal = 0;
      } else {
        equal = byte === previous ? equal + 1 : 1;
        previous = byte;
        output[filled++] = byte;
      }
      if (filled >= outputBytes) {
        sink(output.subarray(0, filled));
        filled = 0;
      }
    }
    sink(output.subarray(0, filled));
  }
}

/** Reads the code lengths of a table, each as the difference to the previous one. Undefined if one is impossible. */
function readLengths(reader: BitReader, count: number): Uint8Array | undefined {
  const lengths = new Uint8Array(count);
  let length = reader.bits(5);
  for (let symbol = 0; symbol < count; symbol++) {
    while (reader.bits(1) === 1) length += reader.bits(1) === 0 ? 1 : -1;
    if (length < 1 || length > codeBitsMax) return undefined;
    lengths[symbol] = length;
  }
  return lengths;
}
