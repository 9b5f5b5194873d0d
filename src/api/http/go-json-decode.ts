import { isUtf8 } from 'node:buffer';
import { limits } from '../../core/limits.ts';
import { goQuote } from './go-quote.ts';
import { type GoField, type GoStruct, type GoType, goName, typeOf, zeroOf } from './go-type.ts';

/** An error with the message of Go's decoder. */
export class GoJsonError extends Error {
  override readonly name = 'GoJsonError';
}

/**
 * Decodes the first JSON value of a text as `json.NewDecoder(…).Decode` of Go 1.24 decodes into a pointer to a struct. Keys match
 * case-insensitively, and unknown keys are skipped. `null` leaves a field unset. A repeated field is decoded over its previous value.
 * Bytes after the value are ignored. Bytes and escapes that are not Unicode become U+FFFD. Throws `GoJsonError`: a syntax error anywhere
 * in the value takes precedence over values of a wrong type, of which the first counts.
 */
export function decodeGoJson<T>(type: GoStruct<T>, bytes: Uint8Array): T {
  return new Decoder(bytes).decode(type) as T;
}

/** Decodes the first JSON value of a text as Go does into an `interface{}`. Throws `GoJsonError`. */
export function parseGoJson(bytes: Uint8Array): unknown {
  return new Decoder(bytes).decode({ kind: 'any' });
}

/** Decodes a text in one pass, byte by byte. `text` has one character per byte. */
class Decoder {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #mismatch: GoJsonError | undefined;
  /** The current struct and the path of fields, for messages. */
  #struct = '';
  #path: readonly string[] = [];

  constructor(bytes: Uint8Array) {
    this.#text = Buffer.from(bytes).toString('latin1');
  }

  decode(type: GoType): unknown {
    const value = this.#value(type, undefined);
    if (this.#mismatch !== undefined) throw this.#mismatch;
    return value ?? zeroOf(type);
  }

  /** Decodes a value over the previous one. Without a type, skips the value. Returns `undefined` if the value stays unset. */
  #value(type: GoType | undefined, before: unknown): unknown {
    switch (this.#peek()) {
      case '{':
        return this.#object(type, before);
      case '[':
        return this.#array(type, before);
      case '"':
        return this.#store(type, 'string', this.#string());
      case 't':
        return this.#store(type, 'bool', this.#literal('true', true));
      case 'f':
        return this.#store(type, 'bool', this.#literal('false', false));
      case 'n':
        return this.#null(type, before);
      default:
        return this.#number(type);
    }
  }

  /** Decodes `null`: unsets types that may be nil in Go, and leaves others unchanged. */
  #null(type: GoType | undefined, before: unknown): unknown {
    this.#literal('null', null);
    if (type?.kind === 'any') return null;
    return type?.kind === 'string' || type?.kind === 'int' ? before : undefined;
  }

  #store(type: GoType | undefined, kind: 'string' | 'bool', value: unknown): unknown {
    if (type !== undefined && type.kind !== 'any' && type.kind !== kind) this.#noteMismatch(kind, type);
    return value;
  }

  #object(type: GoType | undefined, before: unknown): unknown {
    if (type?.kind === 'struct') return this.#structFields(type, before);
    const holds = type?.kind === 'map' ? type.of : type?.kind === 'any' ? type : undefined;
    if (type !== undefined && holds === undefined) this.#noteMismatch('object', type);
    const entries = new Map<string, unknown>(type?.kind === 'map' ? Object.entries(before ?? {}) : []);
    this.#members((key) => {
      const value = this.#value(holds, undefined);
      if (holds !== undefined) entries.set(key, value ?? zeroOf(holds));
    });
    return Object.fromEntries(entries);
  }

  #structFields(type: GoStruct, before: unknown): unknown {
    const fields = type.fields();
    const values = new Map<string, unknown>(Object.entries((before ?? zeroOf(type)) as object));
    const outer = { struct: this.#struct, path: this.#path };
    this.#members((key) => {
      const name = fieldNamed(fields, key);
      const field = name === undefined ? undefined : fields[name];
      if (name === undefined || field === undefined) {
        this.#value(undefined, undefined);
        return;
      }
      this.#struct = type.name.slice(type.name.indexOf('.') + 1);
      this.#path = [...outer.path, name];
      const value = this.#value(typeOf(field), values.get(name));
      if (value === undefined) values.delete(name);
      else values.set(name, value);
      this.#struct = outer.struct;
      this.#path = outer.path;
    });
    return Object.fromEntries(values);
  }

  #array(type: GoType | undefined, before: unknown): unknown {
    const holds = type?.kind === 'list' ? type.of : type?.kind === 'any' ? type : undefined;
    if (type !== undefined && holds === undefined) this.#noteMismatch('array', type);
    const old = type?.kind === 'list' && Array.isArray(before) ? (before as readonly unknown[]) : [];
    const elements: unknown[] = [];
    this.#elements(() => {
      const previous = old[elements.length];
      const value = this.#value(holds, previous);
      if (holds !== undefined) elements.push(value ?? previous ?? zeroOf(holds));
    });
    return elements;
  }

  #members(onMember: (key: string) => void): void {
    this.#open();
    for (let isFirst = true; ; isFirst = false) {
      const next = this.#peek();
      if (next === '}' && isFirst) break;
      if (next !== '"') this.#fail('looking for beginning of object key string');
      const key = this.#string();
      if (this.#peek() !== ':') this.#fail('after object key');
      this.#at++;
      onMember(key);
      const after = this.#peek();
      if (after === '}') break;
      if (after !== ',') this.#fail('after object key:value pair');
      this.#at++;
    }
    this.#close();
  }

  #elements(onElement: () => void): void {
    this.#open();
    for (let isFirst = true; ; isFirst = false) {
      if (isFirst && this.#peek() === ']') break;
      onElement();
      const after = this.#peek();
      if (after === ']') break;
      if (after !== ',') this.#fail('after array element');
      this.#at++;
    }
    this.#close();
  }

  #open(): void {
    this.#depth++;
    if (this.#depth > limits.jsonDepth) this.#fail('exceeded max depth');
    this.#at++;
  }

  #close(): void {
    this.#depth--;
    this.#at++;
  }

  #number(type: GoType | undefined): unknown {
    const start = this.#at;
    if (this.#here() === '-') this.#at++;
    if (this.#here() === '0') this.#at++;
    else this.#digits(start === this.#at ? 'looking for beginning of value' : 'in numeric literal');
    if (this.#here() === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (this.#here() === 'e' || this.#here() === 'E') {
      this.#at++;
      if (this.#here() === '+' || this.#here() === '-') this.#at++;
      this.#digits('in exponent of numeric literal');
    }
    return this.#storeNumber(type, this.#text.slice(start, this.#at));
  }

  #storeNumber(type: GoType | undefined, literal: string): unknown {
    const value = Number(literal);
    if (type === undefined) return undefined;
    if (type.kind === 'any' && !Number.isFinite(value)) this.#noteMismatch(`number ${literal}`, 'float64');
    else if (type.kind === 'int' && !isInt64(literal)) this.#noteMismatch(`number ${literal}`, type);
    else if (type.kind !== 'int' && type.kind !== 'any') this.#noteMismatch('number', type);
    return value;
  }

  #digits(context: string): void {
    const start = this.#at;
    while (/^\d$/.test(this.#here())) this.#at++;
    if (this.#at === start) this.#fail(context);
  }

  #literal<T>(word: string, value: T): T {
    for (const letter of word) {
      if (this.#here() !== letter) this.#fail(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
    return value;
  }

  #string(): string {
    const start = this.#at++;
    let isPlain = true;
    for (;;) {
      const char = this.#here();
      if (char === '"') break;
      if (char < ' ') this.#fail('in string literal');
      if (char === '\\') this.#escape();
      else this.#at++;
      isPlain &&= char !== '\\' && char < '\x7f';
    }
    this.#at++;
    const literal = this.#text.slice(start, this.#at);
    return isPlain ? literal.slice(1, -1) : unquote(literal);
  }

  #escape(): void {
    this.#at++;
    const kind = this.#here();
    if (kind === '' || !'bfnrt\\/"u'.includes(kind)) this.#fail('in string escape code');
    this.#at++;
    if (kind !== 'u') return;
    for (let digit = 0; digit < 4; digit++, this.#at++)
      if (!/^[\da-fA-F]$/.test(this.#here())) this.#fail('in \\u hexadecimal character escape');
  }

  /** Skips white space and returns the next character. */
  #peek(): string {
    while (' \t\r\n'.includes(this.#here()) && this.#at < this.#text.length) this.#at++;
    if (this.#at === this.#text.length) this.#fail('');
    return this.#here();
  }

  #here(): string {
    return this.#text.charAt(this.#at);
  }

  #fail(context: string): never {
    if (this.#at < this.#text.length)
      throw new GoJsonError(`invalid character ${goQuote(this.#here(), "'")} ${context}`);
    throw new GoJsonError(/[^ \t\r\n]/.test(this.#text) ? 'unexpected EOF' : 'EOF');
  }

  #noteMismatch(what: string, type: GoType | 'float64'): void {
    const place =
      this.#path.length === 0 ? 'Go value' : `Go struct field ${this.#struct}.${this.#path.join('.')}`;
    const into = type === 'float64' ? type : goName(type);
    this.#mismatch ??= new GoJsonError(`json: cannot unmarshal ${what} into ${place} of type ${into}`);
  }
}

/** Returns the field for a key: the one with that name, otherwise the first whose name differs only in case. */
function fieldNamed(fields: Readonly<Record<string, GoField>>, key: string): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  const folded = foldCase(key);
  return Object.keys(fields).find((name) => foldCase(name) === folded);
}

/** Folds like `unicode.SimpleFold` for names in ASCII: the Kelvin sign is a K, and the long s an S. */
function foldCase(name: string): string {
  return name.toLowerCase().replaceAll('ſ', 's');
}

/** Returns whether a literal is an `int64`. Rejects long literals before parsing, which would be slow. */
function isInt64(literal: string): boolean {
  return /^-?\d{1,19}$/.test(literal) && BigInt.asIntN(64, BigInt(literal)) === BigInt(literal);
}

const utf8Sequence =
  /[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}|[\x80-\xff]/g;

/** Decodes a string literal of valid syntax, with one character per byte. */
function unquote(literal: string): string {
  const bytes = Buffer.from(literal, 'latin1');
  // Go replaces each invalid byte; Node replaces the longest invalid prefix of a character at once.
  const text = isUtf8(bytes)
    ? bytes.toString()
    : literal.replace(utf8Sequence, (sequence) =>
        sequence.length === 1 ? '\ufffd' : Buffer.from(sequence, 'latin1').toString(),
      );
  return (JSON.parse(text) as string).toWellFormed();
}
