import { isAscii } from 'node:buffer';

/** An element with its content. Names have no prefix, since vendors use several prefixes for the same namespace. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The character data between its tags without that of its children. Blank if it has children. */
  readonly text: string;
  /** The line on which its start tag ends. */
  readonly line: number;
}

/** Limits of a plain element. One that exceeds them is left to the parser, which refuses it. */
export interface PlainLimits {
  readonly recordElements: number;
  readonly tokenChars: number;
  /** Depth of elements, this one included. */
  readonly depth: number;
}

/** References, and characters that a parser converts or refuses: all but tabs, line breaks and visible ASCII. */
const needsParser = /[^\t\n -%'-~]/;
const sectionEnd = ']]>';

/** Whether an ASCII character may be in a name. The first one is a letter or an underscore. A colon is treated apart. */
const inName = Uint8Array.from({ length: 128 }, (_, code) =>
  Number(/[\w.-]/.test(String.fromCharCode(code))),
);
const startsName = Uint8Array.from({ length: 128 }, (_, code) =>
  Number(/[A-Za-z_]/.test(String.fromCharCode(code))),
);
const [colon, equals, quote, lessThan, greaterThan, slash, space] = [
  0x3a, 0x3d, 0x22, 0x3c, 0x3e, 0x2f, 0x20,
];

/** Attributes of an element, without inherited names. Objects of a class are smaller and faster than those without a prototype. */
class Attributes {
  [name: string]: string;
}
Object.setPrototypeOf(Attributes.prototype, null);
Reflect.deleteProperty(Attributes.prototype, 'constructor');

/** An element being read. */
interface Draft extends XmlElement {
  readonly children: Draft[];
  text: string;
}

/**
 * Reads an element of plain text: ASCII, double quotes, no references, comments or sections. Most records are so, and it takes a fraction
 * of the time of the parser. Returns undefined for any other text, and for text that is not well-formed. A parser must then read or refuse it.
 */
export function readPlainElement(
  bytes: Buffer,
  firstLine: number,
  limits: PlainLimits,
): XmlElement | undefined {
  if (bytes.length > limits.tokenChars || !isAscii(bytes)) return undefined;
  const text = bytes.toString('latin1');
  if (needsParser.test(text) || text.includes(sectionEnd)) return undefined;
  return new PlainReader(text, firstLine, limits).read();
}

class PlainReader {
  readonly #text: string;
  readonly #limits: PlainLimits;
  readonly #open: Draft[] = [];
  readonly #tags: string[] = [];
  #at = 0;
  #line: number;
  /** Index of the first line break that `#line` does not count. */
  #lineBreak: number;
  #elements = 0;

  constructor(text: string, firstLine: number, limits: PlainLimits) {
    this.#text = text;
    this.#line = firstLine;
    this.#lineBreak = text.indexOf('\n');
    this.#limits = limits;
  }

  read(): XmlElement | undefined {
    for (;;) {
      const isClosing = this.#text.startsWith('</', this.#at);
      const closed = isClosing ? this.#close() : this.#start();
      if (closed === undefined) return undefined;
      if (closed !== 'open' && this.#open.length === 0)
        return this.#at === this.#text.length ? closed : undefined;
      if (!this.#takeText()) return undefined;
    }
  }

  /** Reads a start tag. Returns the element if it has no content, `open` if content follows. */
  #start(): XmlElement | 'open' | undefined {
    const tag = this.#take(lessThan) ? this.#name() : undefined;
    const { recordElements, depth } = this.#limits;
    if (tag === undefined || ++this.#elements > recordElements || this.#open.length >= depth)
      return undefined;
    const attributes = this.#attributes();
    if (attributes === undefined) return undefined;
    const isEmpty = this.#take(slash);
    if (!this.#take(greaterThan)) return undefined;
    const name = tag.slice(tag.indexOf(':') + 1);
    const element: Draft = { name, attributes, children: [], text: '', line: this.#currentLine() };
    this.#open.at(-1)?.children.push(element);
    if (isEmpty) return element;
    this.#open.push(element);
    this.#tags.push(tag);
    return 'open';
  }

  /** Reads attributes up to the end of the tag. */
  #attributes(): Attributes | undefined {
    const attributes = new Attributes();
    for (;;) {
      const isSpaced = this.#takeSpace();
      const next = this.#text.charCodeAt(this.#at);
      if (next === greaterThan || next === slash) return attributes;
      const name = isSpaced ? this.#name() : undefined;
      const value = name === undefined ? undefined : this.#value();
      if (name === undefined || value === undefined || name in attributes) return undefined;
      attributes[name] = value;
    }
  }

  /** Reads `="value"`. */
  #value(): string | undefined {
    if (!this.#take(equals) || !this.#take(quote)) return undefined;
    const start = this.#at;
    for (let at = start; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === quote) {
        this.#at = at + 1;
        return this.#text.slice(start, at);
      }
      if (code === lessThan || code < space) return undefined;
    }
    return undefined;
  }

  /** Reads a name with at most one prefix. */
  #name(): string | undefined {
    const start = this.#at;
    let end = this.#nameEnd(start);
    if (end > start && this.#text.charCodeAt(end) === colon) {
      const local = this.#nameEnd(end + 1);
      if (local === end + 1) return undefined;
      end = local;
    }
    this.#at = end;
    return end === start ? undefined : this.#text.slice(start, end);
  }

  /** Returns the index after the name without prefix at this index; the index itself without a name. */
  #nameEnd(start: number): number {
    if (startsName[this.#text.charCodeAt(start)] !== 1) return start;
    let end = start + 1;
    while (inName[this.#text.charCodeAt(end)] === 1) end++;
    return end;
  }

  #takeSpace(): boolean {
    const start = this.#at;
    while (this.#text.charCodeAt(this.#at) <= space) this.#at++;
    return this.#at > start;
  }

  #take(code: number): boolean {
    const isNext = this.#text.charCodeAt(this.#at) === code;
    if (isNext) this.#at++;
    return isNext;
  }

  #close(): XmlElement | undefined {
    const end = `</${this.#tags.pop()}>`;
    if (!this.#text.startsWith(end, this.#at)) return undefined;
    this.#at += end.length;
    return this.#open.pop();
  }

  /** Takes the text before the next tag. Returns false if there is no tag. */
  #takeText(): boolean {
    const next = this.#text.indexOf('<', this.#at);
    const element = this.#open.at(-1);
    if (next < 0 || element === undefined) return false;
    if (next > this.#at) element.text += this.#text.slice(this.#at, next);
    this.#at = next;
    return true;
  }

  /** Returns the line of the current index. */
  #currentLine(): number {
    while (this.#lineBreak >= 0 && this.#lineBreak < this.#at) {
      this.#line++;
      this.#lineBreak = this.#text.indexOf('\n', this.#lineBreak + 1);
    }
    return this.#line;
  }
}
