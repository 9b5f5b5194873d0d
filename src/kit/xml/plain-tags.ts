/** Bytes, tags and attributes that an element may have. Others are left to the parser. */
const [bytesMax, tagsMax, attributesMax] = [16 * 1024, 16, 64];

/** Meaning of a byte: none, white space, in a name, or start of a name. Only ASCII is plain. */
const [space, inName, startsName] = [1, 2, 3];
const kinds = new Uint8Array(256);
for (const char of '\t\n ') kinds[char.charCodeAt(0)] = space;
for (let code = 0x20; code < 0x7f; code++) {
  const char = String.fromCharCode(code);
  if (/[A-Za-z_]/.test(char)) kinds[code] = startsName;
  else if (/[\w.-]/.test(char)) kinds[code] = inName;
}
/** Whether a byte may be in a value or a text: visible ASCII without quotes, references and tags. */
const inValue = Uint8Array.from({ length: 256 }, (_, code) =>
  Number(/[ !#-%'-;=-~]/.test(String.fromCharCode(code))),
);
/** The same for texts, which may have quotes and white space. A `>` may end a section, which must not be in a text. */
const inText = Uint8Array.from({ length: 256 }, (_, code) =>
  Number(/[\t\n -%'-;=?-~]/.test(String.fromCharCode(code))),
);
const [colon, equals, quote, lessThan, greaterThan, slash] = [0x3a, 0x3d, 0x22, 0x3c, 0x3e, 0x2f];

/**
 * Reads elements of plain text with children that have no children: ASCII, double quotes, no references, comments or sections. It makes no
 * objects, because some documents have a million such elements. It accepts well-formed elements only, and leaves many to a parser.
 *
 * Tag 0 is the element, and its children follow. All indexes are those of bytes.
 */
export class PlainTags {
  /** Number of tags that were read: the element and its children. */
  count = 0;
  #bytes: Uint8Array = new Uint8Array();
  #string = '';
  #at = 0;
  /** Start of the name of each tag with its prefix, and of the last name without it. */
  readonly #tagStart = new Int32Array(tagsMax);
  #localStart = 0;
  readonly #nameStart = new Int32Array(tagsMax);
  readonly #nameEnd = new Int32Array(tagsMax);
  readonly #textStart = new Int32Array(tagsMax);
  readonly #textEnd = new Int32Array(tagsMax);
  /** Number of the first attribute of each tag, and behind the last one the number of all. */
  readonly #firstAttribute = new Int32Array(tagsMax + 1);
  readonly #attributeStart = new Int32Array(attributesMax);
  readonly #attributeEnd = new Int32Array(attributesMax);
  readonly #valueStart = new Int32Array(attributesMax);
  readonly #valueEnd = new Int32Array(attributesMax);
  #attributes = 0;

  /** Reads an element. Returns false if it is not plain, or not one well-formed element. */
  read(bytes: Buffer): boolean {
    if (bytes.length > bytesMax) return false;
    this.#bytes = bytes;
    this.#string = bytes.toString('latin1');
    this.#at = this.count = this.#attributes = 0;
    const tag = this.#startTag();
    if (tag === undefined) return false;
    return (tag === 'empty' || this.#children()) && this.#at === bytes.length;
  }

  /** Returns the name of a tag without its prefix. */
  nameOf(tag: number): string {
    return this.#string.slice(this.#nameStart[tag], this.#nameEnd[tag]);
  }

  /** Whether a tag has this name, without its prefix. */
  isNamed(tag: number, name: string): boolean {
    const start = this.#nameStart[tag] ?? 0;
    return name.length === (this.#nameEnd[tag] ?? 0) - start && this.#string.startsWith(name, start);
  }

  /** Returns the value of an attribute; undefined without one. */
  attributeOf(tag: number, name: string): string | undefined {
    for (let i = this.#firstAttribute[tag] ?? 0; i < (this.#firstAttribute[tag + 1] ?? 0); i++) {
      const start = this.#attributeStart[i] ?? 0;
      if (name.length === (this.#attributeEnd[i] ?? 0) - start && this.#string.startsWith(name, start))
        return this.#string.slice(this.#valueStart[i], this.#valueEnd[i]);
    }
    return undefined;
  }

  /** Returns the trimmed text in a child. */
  textOf(tag: number): string {
    return this.#string.slice(this.#textStart[tag], this.#textEnd[tag]).trim();
  }

  /** Reads children up to the end tag of the element, with nothing but white space around them. */
  #children(): boolean {
    const bytes = this.#bytes;
    for (;;) {
      this.#skipSpace();
      if (bytes[this.#at] !== lessThan) return false;
      if (bytes[this.#at + 1] === slash) return this.#endTag(0);
      const tag = this.#startTag();
      if (tag === undefined || (tag === 'open' && !this.#text())) return false;
    }
  }

  /** Reads a start tag. */
  #startTag(): 'open' | 'empty' | undefined {
    const bytes = this.#bytes;
    const tag = this.count;
    if (tag === tagsMax || bytes[this.#at] !== lessThan) return undefined;
    this.#at++;
    this.#tagStart[tag] = this.#at;
    if (!this.#name()) return undefined;
    this.#nameStart[tag] = this.#localStart;
    this.#nameEnd[tag] = this.#at;
    this.#textStart[tag] = this.#textEnd[tag] = 0;
    this.#firstAttribute[tag] = this.#attributes;
    for (;;) {
      const isSpaced = this.#skipSpace();
      const next = bytes[this.#at];
      if (next === greaterThan || next === slash) break;
      if (!isSpaced || !this.#attribute(tag)) return undefined;
    }
    this.count = tag + 1;
    this.#firstAttribute[tag + 1] = this.#attributes;
    const isEmpty = bytes[this.#at] === slash;
    if (isEmpty) this.#at++;
    if (bytes[this.#at++] !== greaterThan) return undefined;
    return isEmpty ? 'empty' : 'open';
  }

  /** Reads a name with at most one prefix. */
  #name(): boolean {
    const bytes = this.#bytes;
    this.#localStart = this.#at;
    if (!this.#simpleName()) return false;
    if (bytes[this.#at] !== colon) return true;
    this.#localStart = ++this.#at;
    return this.#simpleName();
  }

  #simpleName(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (kinds[bytes[at] ?? 0] !== startsName) return false;
    at++;
    while ((kinds[bytes[at] ?? 0] ?? 0) >= inName) at++;
    this.#at = at;
    return true;
  }

  /** Reads `name="value"`. Its name keeps a prefix. Returns false if the tag has another one with this name. */
  #attribute(tag: number): boolean {
    const number = this.#attributes;
    const start = this.#at;
    if (number === attributesMax || !this.#name()) return false;
    this.#attributeStart[number] = start;
    this.#attributeEnd[number] = this.#at;
    if (!this.#value(number)) return false;
    this.#attributes = number + 1;
    return !this.#occursBefore(tag, number);
  }

  /** Reads `="value"`. */
  #value(number: number): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== equals || bytes[this.#at + 1] !== quote) return false;
    let at = this.#at + 2;
    this.#valueStart[number] = at;
    while (inValue[bytes[at] ?? 0] === 1) at++;
    this.#valueEnd[number] = at;
    this.#at = at + 1;
    return bytes[at] === quote;
  }

  /** Whether a tag has the name of this attribute before. */
  #occursBefore(tag: number, number: number): boolean {
    const [start, end] = [this.#attributeStart[number] ?? 0, this.#attributeEnd[number] ?? 0];
    for (let i = this.#firstAttribute[tag] ?? 0; i < number; i++)
      if (this.#isEqual(this.#attributeStart[i] ?? 0, this.#attributeEnd[i] ?? 0, start, end)) return true;
    return false;
  }

  /** Reads the text of a child, and its end tag. */
  #text(): boolean {
    const bytes = this.#bytes;
    const tag = this.count - 1;
    let at = this.#at;
    this.#textStart[tag] = at;
    while (inText[bytes[at] ?? 0] === 1) at++;
    this.#textEnd[tag] = at;
    this.#at = at;
    return this.#endTag(tag);
  }

  /** Reads the end tag of a tag. */
  #endTag(tag: number): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== lessThan || bytes[this.#at + 1] !== slash) return false;
    const start = this.#at + 2;
    const [from, to] = [this.#tagStart[tag] ?? 0, this.#nameEnd[tag] ?? 0];
    const end = start + to - from;
    this.#at = end + 1;
    return bytes[end] === greaterThan && this.#isEqual(from, to, start, end);
  }

  #isEqual(start: number, end: number, otherStart: number, otherEnd: number): boolean {
    if (end - start !== otherEnd - otherStart) return false;
    const bytes = this.#bytes;
    for (let i = 0; i < end - start; i++) if (bytes[start + i] !== bytes[otherStart + i]) return false;
    return true;
  }

  #skipSpace(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    while (kinds[bytes[at] ?? 0] === space) at++;
    this.#at = at;
    return at > start;
  }
}
