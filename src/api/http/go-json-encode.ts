import { type GoField, type GoType, typeOf, zeroOf } from './go-type.ts';

/**
 * Encodes a value as `json.NewEncoder(…).Encode` of Go does: one line with a line feed. Keys of objects keep their order, and keys without
 * a value are omitted. Keys of a `Map` are sorted by bytes. `encodeGoValue` writes values of Go types.
 */
export function encodeGoJson(value: unknown): string {
  return `${encodeValue(value)}\n`;
}

/**
 * Encodes a value of a Go type, with a line feed. Fields have the order of declaration; empty fields with `omitempty` are omitted. An empty
 * list behind a pointer becomes `null`. Keys of maps are sorted by bytes.
 */
export function encodeGoValue(type: GoType, value: unknown): string {
  return `${encodeTyped(type, value)}\n`;
}

/** Encodes an object that begins with a long list, element by element, with the output of `encodeGoJson`. */
export class JsonListBuilder {
  readonly #name: string;
  readonly #type: GoType;
  #elements = '';

  /** `name` is the key of the list, `type` the type of its elements. */
  constructor(name: string, type: GoType) {
    this.#name = name;
    this.#type = type;
  }

  /** Number of characters of the elements so far. */
  get characters(): number {
    return this.#elements.length;
  }

  add(element: unknown): void {
    this.#elements += `${this.#elements === '' ? '' : ','}${encodeTyped(this.#type, element)}`;
  }

  /** Returns the complete text, with further keys after the list. An empty list is `null`. */
  end(rest: Readonly<Record<string, unknown>> = {}): string {
    const after = encodeMembers(Object.entries(rest));
    const list = this.#elements === '' ? 'null' : `[${this.#elements}]`;
    return `{${encodeValue(this.#name)}:${list}${after === '' ? '' : `,${after}`}}\n`;
  }
}

/** Keys that an object keeps in the order of insertion, and that UTF-16 sorts as bytes do. Others are numbers, or not ASCII. */
const plainKey = /^[A-Za-z_][\x20-\x7e]*$/;

/**
 * Prepares one value for `encodeValue` by its Go type, and finds out whether `JSON.stringify` writes it as Go does. Nearly all values are, in half
 * the time.
 */
class Preparation {
  /** Whether there is neither a `Map` nor a negative zero in the prepared value. */
  isPlain = true;

  prepare(type: GoType, value: unknown): unknown {
    switch (type.kind) {
      case 'list':
        return (value as readonly unknown[]).map((element) => this.prepare(type.of, element));
      case 'map':
        return this.#map(value as object, (held) => this.prepare(type.of, held));
      case 'struct': {
        const held = value as Readonly<Record<string, unknown>>;
        const fields = type.fields();
        const ordered: Record<string, unknown> = {};
        for (const name of Object.keys(fields))
          ordered[name] = this.#field(fields[name] as GoField, held[name]);
        return ordered;
      }
      case 'any':
        return this.#any(value);
      case 'string':
      case 'int':
        return value;
    }
  }

  #field(field: GoField, value: unknown): unknown {
    const type = typeOf(field);
    if (field.kind === 'always') return this.prepare(type, value ?? zeroOf(type));
    if (value === undefined || value === null) return undefined;
    if (!isEmpty(type, value)) return this.prepare(type, value);
    return type.kind === 'list' && type.isPointer ? null : undefined;
  }

  #any(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((element) => this.#any(element));
    if (Object.is(value, -0)) this.isPlain = false;
    if (typeof value !== 'object' || value === null) return value;
    return this.#map(value, (held) => this.#any(held));
  }

  #map(object: object, prepare: (held: unknown) => unknown): unknown {
    const entries = Object.entries(object).map(([key, held]) => [key, prepare(held)] as const);
    if (entries.every(([key]) => plainKey.test(key)))
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    this.isPlain = false;
    return new Map(entries);
  }
}

function isEmpty(type: GoType, value: unknown): boolean {
  switch (type.kind) {
    case 'list':
      return (value as readonly unknown[]).length === 0;
    case 'map':
      return Object.keys(value as object).length === 0;
    case 'string':
      return value === '';
    case 'int':
      return value === 0;
    case 'struct':
    case 'any':
      return false;
  }
}

function encodeTyped(type: GoType, value: unknown): string {
  const preparation = new Preparation();
  const prepared = preparation.prepare(type, value);
  return (preparation.isPlain ? encodePlain(prepared) : undefined) ?? encodeValue(prepared);
}

/** Undefined if a text may have a lone surrogate, which `JSON.stringify` escapes and Go replaces. */
function encodePlain(prepared: unknown): string | undefined {
  const text = JSON.stringify(prepared);
  return text.includes('\\ud') ? undefined : escapeForScripts(text);
}

function encodeValue(value: unknown): string {
  if (typeof value === 'string') return encodeString(value);
  // As ECMAScript writes numbers, except for the sign of zero.
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${encodeElements(value)}]`;
  if (value instanceof Map) return `{${encodeMembers(sortByKey(value as ReadonlyMap<string, unknown>))}}`;
  if (typeof value === 'object') return `{${encodeMembers(Object.entries(value))}}`;
  throw new TypeError(`${typeof value} cannot be encoded as JSON`);
}

function encodeElements(values: readonly unknown[]): string {
  let text = '';
  for (const value of values) text += `${text === '' ? '' : ','}${encodeValue(value)}`;
  return text;
}

function encodeMembers(entries: readonly (readonly [key: string, value: unknown])[]): string {
  let text = '';
  for (const [key, value] of entries)
    if (value !== undefined) text += `${text === '' ? '' : ','}${encodeString(key)}:${encodeValue(value)}`;
  return text;
}

function sortByKey(map: ReadonlyMap<string, unknown>): (readonly [string, unknown])[] {
  return [...map].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Characters that JSON or Go escapes, including lone surrogates. Most texts have none. */
const needsEscape = /["\\<>&\p{Cc}\p{Cs}\u2028\u2029]/u;

/** Encodes a string. Like Go, escapes `<`, `>`, `&` and line separators, and writes U+FFFD for a lone surrogate. */
function encodeString(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`;
  return escapeForScripts(JSON.stringify(text.toWellFormed()));
}

function escapeForScripts(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
