import { isUtf8 } from 'node:buffer';
import { ByteBuffer } from './byte-buffer.ts';

/** Content that is not the JSON it should be. `position` counts bytes from the start of the content. */
export class JsonStreamError extends Error {
  readonly position: number;

  constructor(position: number, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'JsonStreamError';
    this.position = position;
  }
}

/** One member of the top-level object or one element of the top-level array, not yet parsed. */
export interface RawRecord {
  readonly text: string;
  /** Where it starts. */
  readonly position: number;
}

/** What a splitter refuses to exceed. */
export interface SplitterLimits {
  readonly bytes: number;
  readonly recordBytes: number;
  readonly records: number;
}

const openers = { object: 0x7b, array: 0x5b } as const;
const closers = { object: 0x7d, array: 0x5d } as const;
const byteOrderMark = [0xef, 0xbb, 0xbf];
const backslash = 0x5c;
const quote = 0x22;

/** What a byte means outside strings; 0 for the many that mean nothing to a splitter. */
const meaning = { quote: 1, open: 2, close: 3, comma: 4 } as const;
const meanings = new Uint8Array(256);
meanings[quote] = meaning.quote;
for (const char of '{[') meanings[char.charCodeAt(0)] = meaning.open;
for (const char of '}]') meanings[char.charCodeAt(0)] = meaning.close;
meanings[0x2c] = meaning.comma;

/**
 * Cuts JSON text at the commas of its top level, whatever pieces it comes in. It knows strings and depth and nothing more:
 * that each record is well-formed is for `JSON.parse` to say.
 */
export class JsonSplitter {
  readonly #type: 'object' | 'array';
  readonly #limits: SplitterLimits;
  readonly #record = new ByteBuffer();
  #depth = 0;
  #inString = false;
  #escaped = false;
  #records = 0;
  /** Bytes before the piece at hand. */
  #offset = 0;
  #recordStart = 0;
  #state: 'before' | 'inside' | 'after' = 'before';

  constructor(type: 'object' | 'array', limits: SplitterLimits) {
    this.#type = type;
    this.#limits = limits;
  }

  /** The records that end in this piece. */
  *push(piece: Uint8Array): Generator<RawRecord> {
    if (this.#offset + piece.length > this.#limits.bytes) {
      throw new JsonStreamError(this.#limits.bytes, `longer than ${this.#limits.bytes} bytes`);
    }
    let from = this.#state === 'before' ? this.#open(piece) : 0;
    while (this.#state === 'inside' && from < piece.length) {
      const end = this.#recordEnd(piece, from);
      this.#take(piece.subarray(from, end));
      if (end === piece.length) break;
      if (this.#depth === 0) this.#close(piece, end);
      const record = this.#cut(end);
      if (record !== undefined) yield record;
      from = end + 1;
    }
    if (this.#state === 'after') this.#expectBlank(piece, from);
    this.#offset += piece.length;
  }

  /** To be called after the last piece. */
  end(): void {
    if (this.#offset === 0) throw new JsonStreamError(0, 'empty');
    if (this.#state !== 'after') throw new JsonStreamError(this.#offset, 'ends too early');
  }

  /** Reads up to the bracket that opens the content; the index after it. */
  #open(piece: Uint8Array): number {
    for (const [index, byte] of piece.entries()) {
      const position = this.#offset + index;
      if (isBlank(byte) || byte === byteOrderMark[position]) continue;
      if (byte !== openers[this.#type]) {
        throw new JsonStreamError(position, `not a JSON ${this.#type}, but ${nameOf(byte)}`);
      }
      this.#state = 'inside';
      this.#recordStart = position + 1;
      this.#depth = 1;
      return index + 1;
    }
    return piece.length;
  }

  /** The index of the comma or bracket that ends the record, or the length of the piece. This loop sees every byte. */
  #recordEnd(piece: Uint8Array, from: number): number {
    let index = this.#inString ? this.#stringEnd(piece, from) : from;
    while (index < piece.length) {
      const kind = meanings[piece[index] ?? 0];
      if (kind === meaning.quote) {
        index = this.#stringEnd(piece, index + 1);
        continue;
      }
      if (kind === meaning.comma && this.#depth === 1) return index;
      if (kind === meaning.open) this.#depth++;
      if (kind === meaning.close && --this.#depth === 0) return index;
      index++;
    }
    return index;
  }

  /** The index after the quote that ends the string, or the length of the piece. */
  #stringEnd(piece: Uint8Array, from: number): number {
    let index = this.#escaped ? from + 1 : from;
    for (; index < piece.length; index++) {
      const byte = piece[index];
      if (byte === quote) {
        this.#inString = this.#escaped = false;
        return index + 1;
      }
      if (byte === backslash) index++;
    }
    this.#inString = true;
    // One past the end: the escaped byte is the first of the next piece.
    this.#escaped = index > piece.length;
    return piece.length;
  }

  #take(bytes: Uint8Array): void {
    if (this.#record.length + bytes.length > this.#limits.recordBytes) {
      throw new JsonStreamError(
        this.#recordStart,
        `a record is longer than ${this.#limits.recordBytes} bytes`,
      );
    }
    this.#record.append(bytes);
  }

  #close(piece: Uint8Array, end: number): void {
    if (piece[end] !== closers[this.#type]) {
      throw new JsonStreamError(this.#offset + end, `the ${this.#type} ends with the wrong bracket`);
    }
    this.#state = 'after';
  }

  /** The record that ends at this index of the piece; none where brackets enclose nothing at all. */
  #cut(end: number): RawRecord | undefined {
    const bytes = this.#record.bytes();
    const position = this.#recordStart;
    this.#record.clear();
    this.#recordStart = this.#offset + end + 1;
    if (this.#state === 'after' && this.#records === 0 && bytes.every(isBlank)) return undefined;
    if (++this.#records > this.#limits.records) {
      throw new JsonStreamError(position, `more than ${this.#limits.records} records`);
    }
    // RFC 8259 §8.1: UTF-8 and nothing else. Replaced bytes could turn one name into another.
    if (!isUtf8(bytes)) throw new JsonStreamError(position, 'not UTF-8 in the record that starts here');
    return { text: bytes.toString('utf8'), position };
  }

  #expectBlank(piece: Uint8Array, from: number): void {
    const stray = piece.subarray(from).findIndex((byte) => !isBlank(byte));
    if (stray >= 0) throw new JsonStreamError(this.#offset + from + stray, 'more content after the end');
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function nameOf(byte: number): string {
  if (byte === 0x3c) return 'HTML or XML';
  if (byte === openers.object) return 'an object';
  if (byte === openers.array) return 'an array';
  return `something that begins with byte ${byte.toString(16).padStart(2, '0')}`;
}
