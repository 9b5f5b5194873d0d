import { type BytesSink, InflateError, type Inflater } from '../inflater.ts';
import { PendingInput } from '../pending-input.ts';
import { BitReader } from './bit-reader.ts';
import { Block } from './block.ts';
import { Bzip2Crc } from './crc.ts';

type State = 'stream-header' | 'block-or-end' | 'symbols' | 'padding';

/** The digits of pi begin a block. Those of its square root end a stream. */
const blockMagic = [0x314159, 0x265359];
const endMagic = [0x177245, 0x385090];
/** Maximum size of a block header: 32,767 selectors of 6 bits and 6 tables of 258 lengths of 41 bits. */
const headerBytesMax = 40 * 1024;
/** A group has 50 codes of at most 20 bits. */
const groupBytesMax = 128;

/**
 * Inflates bzip2: any number of streams in sequence, as parallel writers make them. All checksums are checked. Memory is one block, at most
 * 4 MB. The only specification of the format is its first implementation.
 */
export class Bzip2Inflater implements Inflater {
  readonly #sink: BytesSink;
  readonly #input = new PendingInput();
  readonly #reader = new BitReader(this.#input);
  readonly #crc = new Bzip2Crc();
  #state: State = 'stream-header';
  #hasEnded = false;
  #isFirst = true;
  #level = 0;
  #block = new Block(0);
  #blockSum = 0;
  #streamSum = 0;

  constructor(sink: BytesSink) {
    this.#sink = sink;
  }

  push(bytes: Buffer): void {
    this.#input.append(bytes);
    while (this.#step());
  }

  end(): void {
    this.#hasEnded = true;
    while (this.#step());
    const isWhole = this.#state === 'padding' || (this.#state === 'stream-header' && !this.#isFirst);
    if (!isWhole) throw this.#error('the bzip2 data is cut short');
    this.#padding();
  }

  /** Reads the next part. Returns false while it may be incomplete. */
  #step(): boolean {
    switch (this.#state) {
      case 'stream-header':
        return this.#input.available >= 4 && this.#streamHeader();
      case 'block-or-end':
        return this.#isThere(headerBytesMax) && this.#blockOrEnd();
      case 'symbols':
        return this.#isThere(groupBytesMax) && this.#symbols();
      case 'padding':
        return this.#padding();
    }
  }

  #isThere(count: number): boolean {
    return this.#hasEnded || this.#input.available >= count;
  }

  #streamHeader(): boolean {
    const { bytes, at } = this.#input;
    const level = (bytes[at + 3] ?? 0) - 0x30;
    const isHeader = bytes.toString('latin1', at, at + 3) === 'BZh' && level >= 1 && level <= 9;
    if (isHeader) {
      this.#input.at += 4;
      if (level !== this.#level) this.#block = new Block(level * 100_000);
      this.#level = level;
      this.#streamSum = 0;
      this.#state = 'block-or-end';
    } else {
      // Zeros after the last stream are padding, as after gzip.
      if (this.#isFirst || bytes[at] !== 0) throw this.#error('no bzip2 stream where one must begin');
      this.#state = 'padding';
    }
    this.#isFirst = false;
    return true;
  }

  #blockOrEnd(): boolean {
    const magic = [this.#reader.bits(24), this.#reader.bits(24)];
    const sum = this.#reader.word();
    if (isEqual(magic, endMagic)) {
      if (sum !== this.#streamSum) throw this.#error('a stream has another checksum');
      this.#reader.align();
      this.#state = 'stream-header';
      return true;
    }
    if (!isEqual(magic, blockMagic)) throw this.#error('no block where one must begin');
    this.#blockSum = sum;
    this.#streamSum = (((this.#streamSum << 1) | (this.#streamSum >>> 31)) ^ sum) >>> 0;
    this.#refuse(this.#block.readHeader(this.#reader));
    this.#state = 'symbols';
    return true;
  }

  #symbols(): boolean {
    const progress = this.#block.readGroup(this.#reader);
    if (progress === 'more') return true;
    if (progress !== 'end') throw this.#error(progress.fault);
    this.#refuse(this.#block.link());
    this.#block.write((bytes) => {
      this.#crc.update(bytes);
      this.#sink(bytes);
    });
    if (this.#crc.digest() !== this.#blockSum) throw this.#error('a block has another checksum');
    this.#state = 'block-or-end';
    return true;
  }

  #padding(): boolean {
    const { bytes, at, end } = this.#input;
    if (bytes.subarray(at, end).some((byte) => byte !== 0))
      throw this.#error('something else follows the bzip2 data');
    this.#input.at = end;
    return false;
  }

  #refuse(fault: string | undefined): void {
    if (fault !== undefined) throw this.#error(fault);
  }

  #error(message: string): InflateError {
    return new InflateError(message, this.#input.position);
  }
}

function isEqual([a, b]: readonly number[], [c, d]: readonly number[]): boolean {
  return a === c && b === d;
}
