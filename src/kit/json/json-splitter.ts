import { isAscii, isUtf8 } from 'node:buffer';
import { ByteBuffer } from '../bytes/byte-buffer.ts';

/** The content is not the expected JSON. `position` counts bytes from the start of the content. */
export class JsonStreamError extends Error {
  readonly position: number;

  constructor(position: number, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'JsonStreamError';
    this.position = position;
  }
}

/** One member of an object or one element of an array, not yet parsed. */
export interface RawRecord {
  /** Its text, valid until the next record is requested. */
  readonly bytes: Buffer;
  /** The byte position of its start. */
  readonly position: number;
  /** 1 in the top-level value, 2 in a value of it. */
  readonly level: number;
  /** Set if the record is incomplete: it opens a value whose own records follow. Its `bytes` are the part before the value. */
  readonly opens?: ValueType;
}

/** The types that consist of records. */
export type ValueType = 'object' | 'array';

/** Limits of a splitter. */
export interface SplitterLimits {
  readonly bytes: number;
  readonly recordBytes: number;
  readonly records: number;
  /** Nesting depth of values. */
  readonly depth: number;
}

/** The expected shape of the content. */
export interface SplitterShape {
  /** The allowed types of the top-level value. */
  readonly types: readonly ValueType[];
  /** Members of a top-level object with values of this type are cut into records themselves. */
  readonly inner?: ValueType;
}

const openers = { object: 0x7b, array: 0x5b } as const;
const closers = { object: 0x7d, array: 0x5d } as const;
const byteOrderMark = [0xef, 0xbb, 0xbf];
const backslash = 0x5c;
const quote = 0x22;

/** Meaning of a byte outside strings. Most bytes have none, which is 0. */
const meaning = { quote: 1, open: 2, close: 3, comma: 4 } as const;
const meanings = new Uint8Array(256);
meanings[quote] = meaning.quote;
for (const char of '{[') meanings[char.charCodeAt(0)] = meaning.open;
for (const char of '}]') meanings[char.charCodeAt(0)] = meaning.close;
meanings[0x2c] = meaning.comma;

/**
 * Cuts JSON text at the commas of its upper levels, in pieces of any size. It tracks only strings and depth. `JSON.parse` then checks
 * whether each record is well-formed.
 */
export class JsonSplitter {
  readonly #shape: SplitterShape;
  readonly #limits: SplitterLimits;
  readonly #record = new ByteBuffer();
  #type: ValueType | undefined;
  /** The values that are being cut, the top-level one first. */
  readonly #cutting: { readonly type: ValueType; records: number }[] = [];
  #depth = 0;
  #inString = false;
  #escaped = false;
  #records = 0;
  /** Bytes before the current piece. */
  #offset = 0;
  #recordStart = 0;
  /** Set between a value that was cut and the comma or bracket after it. */
  #afterValue = false;
  #state: 'before' | 'inside' | 'after' = 'before';

  constructor(shape: SplitterShape, limits: SplitterLimits) {
    this.#shape = shape;
    this.#limits = limits;
  }

  /** The type of the top-level value, once it is known. */
  get type(): ValueType | undefined {
    return this.#type;
  }

  /** Yields the records that end in this piece. */
  *push(piece: Uint8Array): Generator<RawRecord> {
    if (this.#offset + piece.length > this.#limits.bytes) {
      throw new JsonStreamError(this.#limits.bytes, `longer than ${this.#limits.bytes} bytes`);
    }
    let from = this.#state === 'before' ? this.#begin(piece) : 0;
    while (this.#state === 'inside' && from < piece.length) {
      const end = this.#recordEnd(piece, from);
      this.#take(piece.subarray(from, end));
      if (end === piece.length) break;
      const record = this.#turn(piece[end] ?? 0, end);
      if (record !== undefined) yield record;
      from = end + 1;
    }
    if (this.#state === 'after') this.#expectBlank(piece, from);
    this.#offset += piece.length;
  }

  /** Must be called after the last piece. */
  end(): void {
    if (this.#offset === 0) throw new JsonStreamError(0, 'empty');
    if (this.#state !== 'after') throw new JsonStreamError(this.#offset, 'ends too early');
  }

  /** Reads up to the bracket that opens the content. Returns the index after it. */
  #begin(piece: Uint8Array): number {
    for (const [index, byte] of piece.entries()) {
      const position = this.#offset + index;
      if (isBlank(byte) || byte === byteOrderMark[position]) continue;
      const type = this.#shape.types.find((allowed) => byte === openers[allowed]);
      if (type === undefined) {
        throw new JsonStreamError(
          position,
          `not a JSON ${this.#shape.types.join(' or ')}, but ${nameOf(byte)}`,
        );
      }
      this.#state = 'inside';
      this.#type = type;
      this.#open(type, index);
      return index + 1;
    }
    return piece.length;
  }

  #open(type: ValueType, index: number): void {
    this.#cutting.push({ type, records: 0 });
    this.#recordStart = this.#offset + index + 1;
    this.#depth++;
  }

  /** The record that this comma or bracket ends or opens. Undefined if brackets enclose nothing. */
  #turn(byte: number, end: number): RawRecord | undefined {
    const level = this.#cutting.length;
    const value = this.#cutting.at(-1);
    const type = typeOpenedBy(byte);
    if (type !== undefined) {
      const record = { ...this.#cut(end), level, opens: type };
      this.#open(type, end);
      return record;
    }
    const wasValue = this.#afterValue;
    this.#afterValue = false;
    const isClosed = this.#depth < level;
    if (value !== undefined && isClosed) this.#close(value.type, byte, end);
    if (wasValue) {
      this.#expectNothing(end);
    } else if (!(isClosed && value?.records === 0 && this.#record.bytes().every(isBlank))) {
      if (value !== undefined) value.records++;
      return { ...this.#cut(end), level };
    }
    this.#record.clear();
    this.#recordStart = this.#offset + end + 1;
    return undefined;
  }

  #close(type: ValueType, byte: number, end: number): void {
    if (byte !== closers[type]) {
      throw new JsonStreamError(this.#offset + end, `the ${type} ends with the wrong bracket`);
    }
    this.#cutting.pop();
    const outer = this.#cutting.at(-1);
    if (outer === undefined) {
      this.#state = 'after';
    } else {
      outer.records++;
      this.#afterValue = true;
    }
  }

  /** The index of the comma or bracket that ends or opens a record, or the length of the piece. This loop sees every byte. */
  #recordEnd(piece: Uint8Array, from: number): number {
    let index = this.#inString ? this.#stringEnd(piece, from) : from;
    while (index < piece.length) {
      const byte = piece[index] ?? 0;
      const kind = meanings[byte];
      if (kind === meaning.quote) index = this.#stringEnd(piece, index + 1);
      else if (kind !== 0 && this.#isEnd(kind, byte)) return index;
      else index++;
    }
    return index;
  }

  /** Returns whether a comma or bracket ends or opens a record. Others only change the depth. */
  #isEnd(kind: number | undefined, byte: number): boolean {
    const level = this.#cutting.length;
    if (kind === meaning.comma) return this.#depth === level;
    if (kind === meaning.close) return --this.#depth < level;
    if (this.#depth === level && byte === this.#innerOpener()) return true;
    if (++this.#depth > this.#limits.depth)
      throw new JsonStreamError(
        this.#recordStart,
        `a record exceeds the nesting limit of ${this.#limits.depth}`,
      );
    return false;
  }

  /** The bracket that opens a value to be cut, if such a value may follow. */
  #innerOpener(): number | undefined {
    const { inner } = this.#shape;
    const isObject = this.#cutting.length === 1 && this.#cutting[0]?.type === 'object';
    return isObject && inner !== undefined ? openers[inner] : undefined;
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

  /** The text up to this index of the piece, with its position. */
  #cut(end: number): Pick<RawRecord, 'bytes' | 'position'> {
    const bytes = this.#record.bytes();
    const position = this.#recordStart;
    this.#record.clear();
    this.#recordStart = this.#offset + end + 1;
    if (++this.#records > this.#limits.records) {
      throw new JsonStreamError(position, `more than ${this.#limits.records} records`);
    }
    return { bytes, position };
  }

  /** Checks that there is nothing between a value and the next comma or bracket. */
  #expectNothing(end: number): void {
    const bytes = this.#record.bytes();
    const stray = bytes.findIndex((byte) => !isBlank(byte));
    if (stray < 0) return;
    throw new JsonStreamError(this.#offset + end - bytes.length + stray, 'not valid JSON');
  }

  #expectBlank(piece: Uint8Array, from: number): void {
    const stray = piece.subarray(from).findIndex((byte) => !isBlank(byte));
    if (stray >= 0) throw new JsonStreamError(this.#offset + from + stray, 'more content after the end');
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function typeOpenedBy(byte: number): ValueType | undefined {
  if (byte === openers.object) return 'object';
  return byte === openers.array ? 'array' : undefined;
}

function nameOf(byte: number): string {
  if (byte === 0x3c) return 'HTML or XML';
  if (byte === openers.object) return 'an object';
  if (byte === openers.array) return 'an array';
  return `something that begins with byte ${byte.toString(16).padStart(2, '0')}`;
}

/** Returns the text of a JSON document or of a part of it. Undefined if it is not UTF-8: replaced bytes could turn one name into another. */
export function jsonTextOf(bytes: Buffer): string | undefined {
  // Latin-1 is decoded faster.
  if (isAscii(bytes)) return bytes.toString('latin1');
  // RFC 8259 §8.1: UTF-8 and nothing else.
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}
