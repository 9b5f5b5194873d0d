import type { Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { StoredRange } from './shared-parts.ts';

/** Reads stored bytes of a file at any position. Throws if the file is shorter than the range. */
export class StoredReader implements Disposable {
  readonly #range: StoredRange;
  readonly #file: number;

  constructor(range: StoredRange) {
    this.#range = range;
    this.#file = openSync(range.path, 'r');
  }

  get size(): number {
    return this.#range.size;
  }

  /** Fills a buffer from a position, up to the end of the range. Returns the filled part. */
  read(buffer: Buffer, from: number): Buffer {
    const wanted = Math.min(buffer.length, this.#range.size - from);
    for (let at = 0; at < wanted; ) {
      const count = readSync(this.#file, buffer, at, wanted - at, this.#range.offset + from + at);
      if (count === 0) throw new Error('the file ends inside the layer');
      at += count;
    }
    return buffer.subarray(0, Math.max(wanted, 0));
  }

  /** Returns the byte that has a bit, by the position of the bit. 0 behind the end. */
  byteAt(bit: number): number {
    return this.read(Buffer.alloc(1), Math.floor(bit / 8))[0] ?? 0;
  }

  /** Hashes the bytes from one position to another. `chunk` holds some of them at a time. */
  hashBetween(hash: Hash, from: number, to: number, chunk: Buffer): void {
    for (let at = from; at < to; ) {
      const bytes = this.read(chunk.subarray(0, Math.min(chunk.length, to - at)), at);
      hash.update(bytes);
      at += bytes.length;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** Hashes the bytes of a file from its start, piece by piece. */
export class StoredHash {
  readonly #stored: StoredReader;
  readonly #hash: Hash;
  #hashed = 0;

  constructor(stored: StoredReader, hash: Hash) {
    this.#stored = stored;
    this.#hash = hash;
  }

  /** Hashes the bytes before a position that are not hashed yet. `chunk` holds some of them at a time. */
  hashTo(position: number, chunk: Buffer): void {
    const end = Math.min(position, this.#stored.size);
    this.#stored.hashBetween(this.#hash, this.#hashed, end, chunk);
    this.#hashed = Math.max(this.#hashed, end);
  }

  /** Returns the hash of all bytes in hexadecimal. Hashes those that are not hashed yet. */
  digest(chunk: Buffer): string {
    this.hashTo(this.#stored.size, chunk);
    return this.#hash.digest('hex');
  }
}
