import { type GoField, type GoType, typeOf, zeroOf } from './go-type.ts';

/**
 * A value as `json.NewEncoder(…).Encode` of Go writes it: one line, with an end. Keys of objects come in their order, those without a
 * value are left out; keys of a `Map` come in the order of their bytes. See `asGo` for values that Go's types describe.
 */
export function encodeGoJson(value: unknown): string {
  return `${encodeValue(value)}\n`;
}

/** The text of an object that begins with a long list, as `encodeGoJson` writes it, made element by element. */
export class JsonListBuilder {
  readonly #name: string;
  readonly #type: GoType;
  #elements = '';

  /** The key of the list, and the type of its elements. */
  constructor(name: string, type: GoType) {
    this.#name = name;
    this.#type = type;
  }

  /** The characters of the elements so far. */
  get characters(): number {
    return this.#elements.length;
  }

  add(element: unknown): void {
    this.#elements += `${this.#elements === '' ? '' : ','}${encodeValue(asGo(this.#type, element))}`;
  }

  /** The whole text, with the keys that follow the list. A list without elements is `null`. */
  end(rest: Readonly<Record<string, unknown>> = {}): string {
    const after = encodeMembers(Object.entries(rest));
    const list = this.#elements === '' ? 'null' : `[${this.#elements}]`;
    return `{${encodeValue(this.#name)}:${list}${after === '' ? '' : `,${after}`}}\n`;
  }
}

/**
 * A value in the order of its Go type: fields as they are declared, without those that are empty unless they are always written, an
 * empty list that is a pointer as `null`, maps as `Map`.
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
  // As ECMAScript writes numbers, but for the sign of zero.
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${encodeElements(value)}]`;
  if (value instanceof Map) return `{${encodeMembers(sortByKey(value as ReadonlyMap<string, unknown>))}}`;
  if (typeof value === 'object') return `{${encodeMembers(Object.entries(value))}}`;
  throw new TypeError(`${typeof value} cannot be written as JSON`);
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

/** What stands otherwise in JSON, or in Go's; halves of surrogate pairs among it. Most texts have nothing of it. */
const needsEscape = /["\\<>&\p{Cc}\p{Cs}\u2028\u2029]/u;

/** Go escapes what could end a script or a line of one, and writes U+FFFD for half a surrogate pair. */
function encodeString(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`;
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
