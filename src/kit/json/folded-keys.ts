import * as z from 'zod/mini';
import { toSingleLine } from '../untrusted-text.ts';
import type { DocumentErrorFactory } from './json-document.ts';

/**
 * Folds a key as Go's `encoding/json` does to compare it with the name of a field (`foldName`, `unicode.SimpleFold`). Only U+017F and
 * U+212A fold to ASCII letters, and all names of fields are ASCII.
 */
export function foldedKey(key: string): string {
  return key.replace(/[A-Z\u017f\u212a]/g, (letter) => {
    if (letter === '\u017f') return 's';
    return letter === '\u212a' ? 'k' : letter.toLowerCase();
  });
}

/** The part of a schema that decides which keys of an object are fields. */
type Shape =
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, readonly [name: string, value: Shape]> }
  | { readonly kind: 'array'; readonly value: Shape }
  | { readonly kind: 'record'; readonly value: Shape }
  | { readonly kind: 'other' };

const shapes = new WeakMap<z.core.$ZodType, Shape>();

function shapeOf(schema: z.core.$ZodType): Shape {
  const cached = shapes.get(schema);
  if (cached !== undefined) return cached;
  const shape = newShapeOf(schema);
  shapes.set(schema, shape);
  return shape;
}

function newShapeOf(schema: z.core.$ZodType): Shape {
  if (schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniNullable)
    return shapeOf(schema._zod.def.innerType);
  if (schema instanceof z.ZodMiniArray) return { kind: 'array', value: shapeOf(schema._zod.def.element) };
  if (schema instanceof z.ZodMiniRecord) return { kind: 'record', value: shapeOf(schema._zod.def.valueType) };
  if (!(schema instanceof z.ZodMiniObject)) return { kind: 'other' };
  const fields = Object.entries(schema._zod.def.shape).map(
    ([name, value]) => [foldedKey(name), [name, shapeOf(value)]] as const,
  );
  return { kind: 'object', fields: new Map(fields) };
}

/**
 * Renames the fields of a document to the names in the schema, whatever their letter case. Keys of records are data and are not renamed. An
 * unpaired surrogate becomes U+FFFD, as in Go. `bytes` are the text of `json`. Throws the error of `refuse` if a field occurs twice.
 */
export function withFoldedKeys(
  schema: z.core.$ZodType,
  { bytes, json }: { readonly bytes: Uint8Array; readonly json: unknown },
  refuse: DocumentErrorFactory,
): unknown {
  const shape = shapeOf(schema);
  new FieldScan(bytes, refuse).value(shape);
  return renamed(shape, json);
}

function renamed(shape: Shape, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (shape.kind === 'other' || typeof value !== 'object' || value === null) return value;
  if (shape.kind === 'array')
    return Array.isArray(value) ? value.map((item) => renamed(shape.value, item)) : value;
  if (Array.isArray(value)) return value;
  const entries = Object.entries(value).flatMap(([key, item]) => {
    if (shape.kind === 'record') return [[key.toWellFormed(), renamed(shape.value, item)] as const];
    const field = shape.fields.get(foldedKey(key));
    return field === undefined ? [] : [[field[0], renamed(field[1], item)] as const];
  });
  return Object.fromEntries(entries);
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Finds fields that occur twice in valid JSON text. The parsed value would hold only one of two equal keys. */
class FieldScan {
  readonly #bytes: Uint8Array;
  readonly #refuse: DocumentErrorFactory;
  #at: number;

  constructor(bytes: Uint8Array, refuse: DocumentErrorFactory) {
    this.#bytes = bytes;
    this.#refuse = refuse;
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.#at = hasMark ? 3 : 0;
  }

  value(shape: Shape): void {
    const byte = this.#peek();
    if (byte === openBrace) this.#object(shape);
    else if (byte === openBracket) this.#array(shape);
    else if (byte === quote) this.#string();
    else this.#scalar();
  }

  #array(shape: Shape): void {
    const item = shape.kind === 'array' ? shape.value : other;
    this.#at++;
    while (this.#peek() !== closeBracket) {
      this.value(item);
      if (this.#peek() === comma) this.#at++;
    }
    this.#at++;
  }

  #object(shape: Shape): void {
    const seen = new Set<string>();
    this.#at++;
    while (this.#peek() !== closeBrace) {
      const item = this.#key(shape, seen);
      if (this.#peek() === colon) this.#at++;
      this.value(item);
      if (this.#peek() === comma) this.#at++;
    }
    this.#at++;
  }

  /** Reads a key and returns the shape of its value. */
  #key(shape: Shape, seen: Set<string>): Shape {
    const start = this.#at;
    this.#string();
    if (shape.kind === 'record') return shape.value;
    if (shape.kind !== 'object') return other;
    const text = Buffer.from(this.#bytes.subarray(start, this.#at)).toString('utf8');
    const field = shape.fields.get(foldedKey(JSON.parse(text) as string));
    if (field === undefined) return other;
    const [name, value] = field;
    if (seen.has(name))
      throw this.#refuse(
        `has the field ${name} twice (${toSingleLine(text, keyMax)}): readers differ in which of them counts`,
      );
    seen.add(name);
    return value;
  }

  #string(): void {
    for (this.#at++; this.#bytes[this.#at] !== quote; this.#at++)
      if (this.#bytes[this.#at] === backslash) this.#at++;
    this.#at++;
  }

  #scalar(): void {
    const { length } = this.#bytes;
    for (; this.#at < length; this.#at++) {
      const byte = this.#bytes[this.#at] ?? 0;
      if (byte === comma || byte === closeBracket || byte === closeBrace || byte <= 0x20) return;
    }
  }

  /** The next byte that is not white space. */
  #peek(): number {
    while ((this.#bytes[this.#at] ?? 0xff) <= 0x20) this.#at++;
    return this.#bytes[this.#at] ?? 0;
  }
}

const other: Shape = { kind: 'other' };
/** Length to which a message cuts a key. */
const keyMax = 80;
