import { crc32 } from 'node:zlib';
import { InflateError } from '../inflater.ts';
import type { PendingInput } from '../pending-input.ts';
import { VariableNumbers } from './block-header.ts';

/** A digest of the sizes of all blocks of a stream. */
export class BlockSums {
  #count = 0;
  #sum = 0;

  /** Adds a block of `unpaddedBytes`, with header and check, and its inflated size. */
  add(unpaddedBytes: number, inflatedBytes: number): void {
    this.#count++;
    this.#sum = crc32(`${unpaddedBytes} ${inflatedBytes} `, this.#sum);
  }

  equals(other: BlockSums): boolean {
    return this.#count === other.#count && this.#sum === other.#sum;
  }
}

/** Bytes that follow every record of the index, and the count of its records: a checksum and the footer. */
const followingBytes = 4 + 12;

/** Reads the index of a stream, of any length. The xz file format, section 4. */
export class IndexReader {
  readonly #input: PendingInput;
  readonly #sums = new BlockSums();
  #left: number | undefined;
  #crc = 0;
  /** Size of the whole index, once it has been read. */
  sizeBytes = 0;

  constructor(input: PendingInput) {
    this.#input = input;
  }

  /** Reads the available input. Returns the sums once the index is complete. Throws an `InflateError` if it is damaged. */
  read(): BlockSums | undefined {
    const input = this.#input;
    // Two numbers of at least one byte each and what follows are longer than any number.
    for (; this.#left !== 0; ) {
      if (input.available < 2 + followingBytes) return undefined;
      const numbers = new VariableNumbers(input.bytes, input.at);
      if (this.#left === undefined) this.#begin(numbers);
      else this.#record(numbers, this.#left);
      this.#use(numbers.at - input.at);
    }
    const paddingBytes = -this.sizeBytes & 3;
    if (input.available < paddingBytes + 4) return undefined;
    const isPadded = input.bytes.subarray(input.at, input.at + paddingBytes).every((byte) => byte === 0);
    this.#use(paddingBytes);
    const crc = input.take(4)?.readUInt32LE();
    if (!isPadded || crc !== this.#crc) throw this.#damaged();
    this.sizeBytes += 4;
    return this.#sums;
  }

  #begin(numbers: VariableNumbers): void {
    numbers.at++; // the zero that distinguishes the index from a block
    this.#left = numbers.next();
    if (Number.isNaN(this.#left)) throw this.#damaged();
  }

  #record(numbers: VariableNumbers, left: number): void {
    const unpaddedBytes = numbers.next();
    const inflatedBytes = numbers.next();
    if (Number.isNaN(unpaddedBytes) || Number.isNaN(inflatedBytes)) throw this.#damaged();
    this.#sums.add(unpaddedBytes, inflatedBytes);
    this.#left = left - 1;
  }

  #use(count: number): void {
    const { bytes, at } = this.#input;
    this.#crc = crc32(bytes.subarray(at, at + count), this.#crc);
    this.sizeBytes += count;
    this.#input.at += count;
  }

  #damaged(): InflateError {
    return new InflateError('the index of a stream is damaged', this.#input.position);
  }
}
