import { type GoField, type GoType, typeOf, zeroOf } from './go-type.ts';

/**
 * Encodes a value as `json.NewEncoder(…).Encode` of Go does: one line with a line feed. Keys of objects keep their order, and keys without
 * a value are omitted. Keys of a `Map` are sorted by bytes. `asGo` prepares values of Go types.
 */
export function encodeGoJson(value: unknown): string {
  return `${encodeValue(value)}\n`;
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
    this.#elements += `${this.#elements === '' ? '' : ','}${encodeValue(asGo(this.#type, element))}`;
  }

  /** Returns the complete text, with further keys after the list. An empty list is `null`. */
  end(rest: Readonly<Record<string, unknown>> = {}): string {
    const after = encodeMembers(Object.entries(rest));
    const list = this.#elements === '' ? 'null' : `[${this.#elements}]`;
    return `{${encodeValue(this.#name)}:${list}${after === '' ? '' : `,${after}`}}\n`;
  }
}

/**
 * Prepares a value for `encodeGoJson` by its Go type. Fields have the order of declaration; empty fields with `omitempty` are omitted. An
 * empty list behind a pointer becomes `null`, and a map becomes a `Map`.
 */
export function asGo(type: GoType, value: unknown): unknown {
  switch (type.kind) {
    case 'list':
      return (value as readonly unknown[]).map((element) => asGo(type.of, element));
    case 'map':
      return new Map(Object.entries(value as object).map(([key, held]) => [key, asGo(type.of, held)]));
    case 'struct': {
      const held = value as Readonly<Record<string, unknown>>;
      const fields = type.fields();
      const ordered: Record<string, unknown> = {};
      for (const name of Object.keys(fields)) ordered[name] = fieldAsGo(fields[name] as GoField, held[name]);
      return ordered;
    }
    case 'any':
      return anyAsGo(value);
    case 'string':
    case 'int':
      return value;
  }
}

function fieldAsGo(field: GoField, value: unknown): unknown {
  const type = typeOf(field);
  if (field.kind === 'always') return asGo(type, value ?? zeroOf(type));
  if (value === undefined || value === null) return undefined;
  if (!isEmpty(type, value)) return asGo(type, value);
  return type.kind === 'list' && type.isPointer ? null : undefined;
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

function anyAsGo(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(anyAsGo);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([key, held]) => [key, anyAsGo(held)]));
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
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
