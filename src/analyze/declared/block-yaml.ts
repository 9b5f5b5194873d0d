import { limits } from '../../core/limits.ts';
import { DeclaredFileError } from './declared-format.ts';

/** A value of YAML: a scalar as text, since `1.10` is a version, or a collection. Tables have no prototype. */
export type YamlValue = string | YamlValue[] | { [key: string]: YamlValue };

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

/**
 * Parses the YAML that tools write into lock files: indented tables and lists, with scalars and flow collections of one line. A general
 * parser needs hundreds of megabytes and seconds for a hostile file of some megabytes. Anchors, aliases and tags are refused, so nothing
 * expands. Returns one value for each document.
 */
export function parseBlockYaml(lines: Iterable<string>): YamlValue[] {
  return Array.from(documentsOf(lines), (document) => new BlockReader(document).read());
}

function* documentsOf(lines: Iterable<string>): Generator<Line[]> {
  let document: Line[] = [];
  let number = 0;
  let total = 0;
  for (const line of lines) {
    number++;
    const text = line.trim();
    if (text === '---' || text === '...') {
      if (document.length > 0) yield document;
      document = [];
    } else if (text !== '' && !text.startsWith('#') && !line.startsWith('%')) {
      if (++total > limits.declaredYamlLines)
        throw fault(number, `it has more than ${limits.declaredYamlLines} lines`);
      document.push({ number, indent: line.length - line.trimStart().length, text });
    }
  }
  if (document.length > 0) yield document;
}

function fault(line: number, message: string): DeclaredFileError {
  return new DeclaredFileError(`is not YAML of a lock file: line ${line}: ${message}`);
}

/** Reads one document. Lines that are indented deeper than a scalar continue it, and are ignored. */
class BlockReader {
  readonly #lines: Line[];
  #next = 0;
  #depth = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  read(): YamlValue {
    const [first] = this.#lines;
    const value = first === undefined ? '' : this.#block(first.indent);
    const rest = this.#lines[this.#next];
    if (rest !== undefined) throw fault(rest.number, 'its indentation fits no line above');
    return value;
  }

  /** Reads the table, list or scalar whose lines have this indentation. */
  #block(indent: number): YamlValue {
    const line = this.#lines[this.#next];
    if (line === undefined) return '';
    if (++this.#depth > limits.documentDepth) throw fault(line.number, 'it is nested too deeply');
    const value = isItem(line.text)
      ? this.#list(indent)
      : isEntry(line)
        ? this.#table(indent)
        : this.#scalar(line, line.text, indent);
    this.#depth--;
    return value;
  }

  #table(indent: number): YamlValue {
    const table = Object.create(null) as { [key: string]: YamlValue };
    for (let line = this.#at(indent); line !== undefined && !isItem(line.text); line = this.#at(indent)) {
      const { key, value } = line.text.startsWith('? ') ? this.#explicitKey(line) : this.#plainKey(line);
      table[key] = value === undefined ? this.#afterColon(indent) : this.#scalar(line, value, indent);
    }
    return table;
  }

  /** Reads a key, and leaves a value in the same line to `#scalar`. */
  #plainKey(line: Line): Entry {
    const entry = splitEntry(line);
    if (entry === undefined) throw fault(line.number, 'it has no key');
    if (entry.value === undefined) this.#next++;
    return entry;
  }

  /** Reads a key in a line of its own, `? key`, and leaves the value in the line that follows, `: value`. */
  #explicitKey(line: Line): Entry {
    const colon = this.#lines[++this.#next];
    if (colon === undefined || !/^:(?: |$)/.test(colon.text))
      throw fault(line.number, 'its key has no value');
    this.#shorten(colon, 1);
    return { key: scalarIn(line.text.slice(2).trim(), line), value: undefined };
  }

  #list(indent: number): YamlValue[] {
    const list: YamlValue[] = [];
    for (let line = this.#at(indent); line !== undefined && isItem(line.text); line = this.#at(indent)) {
      this.#shorten(line, 1);
      const rest = this.#lines[this.#next];
      list.push(rest !== undefined && rest.indent > indent ? this.#block(rest.indent) : '');
    }
    return list;
  }

  /** Removes an indicator from a line, so that the rest is a line of a deeper block. Skips the line if nothing is left. */
  #shorten({ number, indent, text }: Line, length: number): void {
    const rest = text.slice(length).trimStart();
    if (rest === '') this.#next++;
    else this.#lines[this.#next] = { number, indent: indent + text.length - rest.length, text: rest };
  }

  /** Reads the value of a key that ends its line. A list may have the indentation of its key. */
  #afterColon(indent: number): YamlValue {
    const line = this.#lines[this.#next];
    if (line === undefined || line.indent < indent) return '';
    return line.indent > indent || isItem(line.text) ? this.#block(line.indent) : '';
  }

  /** Returns a value in one line, and skips the lines that continue it. */
  #scalar(line: Line, text: string, indent: number): YamlValue {
    this.#next++;
    while ((this.#lines[this.#next]?.indent ?? -1) > indent) this.#next++;
    return valueIn(text, line);
  }

  #at(indent: number): Line | undefined {
    const line = this.#lines[this.#next];
    return line?.indent === indent ? line : undefined;
  }
}

/** A key, and the value that follows in the same line. */
interface Entry {
  readonly key: string;
  readonly value: string | undefined;
}

function isItem(text: string): boolean {
  return text === '-' || text.startsWith('- ');
}

function isEntry(line: Line): boolean {
  return line.text.startsWith('? ') || splitEntry(line) !== undefined;
}

/** Splits `key: value`. Undefined for a line without a key. */
function splitEntry(line: Line): Entry | undefined {
  const { text } = line;
  const from = isQuote(text[0])
    ? endOfQuoted(text, 0)
    : text.startsWith('{') || text.startsWith('[')
      ? text.length
      : 0;
  const colon = colonFrom(text, from);
  if (colon === -1) return undefined;
  const key = scalarIn(text.slice(0, colon).trim(), line);
  const value = text.slice(colon + 1).trim();
  return { key, value: value === '' || value.startsWith('#') ? undefined : value };
}

/** Returns the offset of a colon that ends a key: before a blank or at the end of the line. */
function colonFrom(text: string, from: number): number {
  const colon = text.indexOf(': ', from);
  if (colon !== -1) return colon;
  return text.endsWith(':') && text.length > from ? text.length - 1 : -1;
}

function valueIn(text: string, line: Line): YamlValue {
  if (!text.startsWith('{') && !text.startsWith('[')) return scalarIn(text, line);
  const flow = new FlowReader(text, line);
  return flow.read();
}

/** Returns a scalar without its quotes or the comment after it. */
function scalarIn(text: string, line: Line): string {
  if (/^[&*!]/.test(text)) throw fault(line.number, 'anchors, aliases and tags are not read');
  if (isQuote(text[0])) return unquote(text.slice(0, endOfQuoted(text, 0)));
  const comment = text.indexOf(' #');
  return comment === -1 ? text : text.slice(0, comment).trimEnd();
}

function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'";
}

/** Returns the offset after the closing quote of the text that starts at an offset. */
function endOfQuoted(text: string, start: number): number {
  const quote = text[start];
  for (let i = start + 1; i < text.length; i++) {
    if (quote === '"' && text[i] === '\\') i++;
    else if (text[i] === quote && text[i + 1] === quote && quote === "'") i++;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}

function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

/** Reads a flow collection: `{type: directory, list: [a, 'b']}`. */
class FlowReader {
  readonly #text: string;
  readonly #line: Line;
  #offset = 0;
  #depth = 0;

  constructor(text: string, line: Line) {
    this.#text = text;
    this.#line = line;
  }

  read(): YamlValue {
    const value = this.#value();
    if (!/^(?:#|$)/.test(this.#text.slice(this.#offset, this.#offset + 1))) throw this.#fault();
    return value;
  }

  #fault(): DeclaredFileError {
    return fault(this.#line.number, 'its flow collection is damaged or continues on the next line');
  }

  #value(): YamlValue {
    this.#skipBlanks();
    const character = this.#text[this.#offset];
    if (character !== '{' && character !== '[') return this.#scalar();
    if (++this.#depth > limits.documentDepth) throw this.#fault();
    this.#offset++;
    const value = character === '{' ? this.#table() : this.#list();
    this.#depth--;
    this.#skipBlanks();
    return value;
  }

  #table(): YamlValue {
    const table = Object.create(null) as { [key: string]: YamlValue };
    while (!this.#ends('}')) {
      const key = this.#scalar();
      this.#skipBlanks();
      const hasValue = this.#text[this.#offset] === ':';
      if (hasValue) this.#offset++;
      table[key] = hasValue ? this.#value() : '';
    }
    return table;
  }

  #list(): YamlValue[] {
    const list: YamlValue[] = [];
    while (!this.#ends(']')) list.push(this.#value());
    return list;
  }

  /** Skips the comma before an item. Returns whether the collection ends instead. */
  #ends(bracket: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#offset] === ',') this.#offset++;
    this.#skipBlanks();
    if (this.#offset >= this.#text.length) throw this.#fault();
    if (this.#text[this.#offset] !== bracket) return false;
    this.#offset++;
    return true;
  }

  #scalar(): string {
    const start = this.#offset;
    if (isQuote(this.#text[start])) {
      this.#offset = endOfQuoted(this.#text, start);
      return unquote(this.#text.slice(start, this.#offset));
    }
    while (this.#offset < this.#text.length && !this.#endsScalar()) this.#offset++;
    if (this.#offset === start) throw this.#fault();
    return scalarIn(this.#text.slice(start, this.#offset).trim(), this.#line);
  }

  #endsScalar(): boolean {
    const [character = '', next = ' '] = [this.#text[this.#offset], this.#text[this.#offset + 1]];
    return ',[]{}'.includes(character) || (character === ':' && ' ,[]{}'.includes(next));
  }

  #skipBlanks(): void {
    while (this.#text[this.#offset] === ' ') this.#offset++;
  }
}
