import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type PlainLimits, readPlainElement, type XmlElement } from './plain-element.ts';
import { type XmlPlace, XmlSplitter, XmlStreamError } from './xml-splitter.ts';

export type { XmlElement } from './plain-element.ts';
export { XmlStreamError } from './xml-splitter.ts';

/** One record of a document. */
export interface XmlRecord {
  /** Name of the parent element. */
  readonly parent: string;
  readonly element: XmlElement;
}

/** The text of one record. It is parsed only on request. */
export interface XmlText {
  /** Name of the parent element. */
  readonly parent: string;
  /** Its UTF-8 text, valid until the next record is requested. */
  readonly bytes: Buffer;
  /** The line on which it starts. */
  readonly line: number;
  /** Parses the text. Throws an `XmlStreamError`. Call it at most once, before the next record is requested. */
  readonly element: () => XmlElement;
}

/** The expected shape of a document. */
export interface XmlShape {
  /** Name of the root element. */
  readonly root: string;
  /** Depth of the records below the root: 1 for its children, 2 for theirs. 0 if the root is the only record. */
  readonly level: number;
  /**
   * Whether the document may declare its type by a reference, `<!DOCTYPE glsa SYSTEM "…">`. The referenced file is never read. A
   * declaration with an internal subset is still refused.
   */
  readonly allowDoctype?: boolean;
}

/** Limits of a reader of XML. */
export interface XmlLimits {
  readonly bytes: number;
  /** Records of one document. */
  readonly records: number;
  /** Elements of one record, including itself. */
  readonly recordElements: number;
  /** Characters of one record. */
  readonly recordChars: number;
  /** Characters of one tag with its attributes, one text or one comment. */
  readonly tokenChars: number;
  readonly depth: number;
}

const defaults: XmlLimits = {
  bytes: limits.feedBytes,
  records: limits.feedRecords,
  recordElements: limits.xmlRecordElements,
  recordChars: limits.feedRecordBytes,
  tokenChars: limits.xmlTokenChars,
  depth: limits.xmlDepth,
};

/** The content of a document type declaration without an internal subset (XML 1.0 §2.8): a name and the location of its definition. */
const reference =
  /^\s+([^\s"'[\]<>]+)(?:\s+(?:SYSTEM|PUBLIC\s+(?:"[^"]*"|'[^']*'))\s+(?:"[^"]*"|'[^']*'))?\s*$/;

/** Pieces are passed to the parser in parts of this size, so that a limit is exceeded by no more. */
const partBytes = 16 * 1024;
/** Pieces are cut into records in larger parts, because a record that is not complete in one is searched again in the next. */
const cutBytes = 64 * 1024;

/**
 * Yields the records of an XML document (XML 1.0), with one of them in memory at a time. Throws an `XmlStreamError` if the content is not
 * one complete UTF-8 document of this shape. Refuses document type declarations unless the shape allows them. Always refuses entities other
 * than the five of XML itself, so nothing is fetched and nothing expands.
 */
export async function* xmlRecords(
  body: AsyncIterable<Uint8Array>,
  shape: XmlShape,
  bounds: Partial<XmlLimits> = {},
): AsyncGenerator<XmlRecord> {
  for await (const { parent, element } of xmlTexts(body, shape, bounds)) yield { parent, element: element() };
}

/** Yields the same records as text. What is around them is checked in any case, the records only when they are parsed. */
export async function* xmlTexts(
  body: AsyncIterable<Uint8Array>,
  shape: XmlShape,
  bounds: Partial<XmlLimits> = {},
): AsyncGenerator<XmlText> {
  for await (const texts of xmlTextsByPiece(body, shape, bounds)) for (const text of texts) yield text;
}

/**
 * Yields the same texts by pieces of the body. Read those of a piece completely before the next one is requested. For documents with a million
 * records: to wait for each of them takes longer than to find it.
 */
export async function* xmlTextsByPiece(
  body: AsyncIterable<Uint8Array>,
  shape: XmlShape,
  bounds: Partial<XmlLimits> = {},
): AsyncGenerator<Iterable<XmlText>> {
  const all = { ...defaults, ...bounds };
  const splitter = new XmlSplitter(shape.level, all);
  const reader = new RecordReader(shape, all);
  for await (const piece of body) yield textsIn(piece, splitter, reader);
  const rest = splitter.end();
  reader.readBetween(rest.bytes, rest);
  reader.end();
}

function* textsIn(piece: Uint8Array, splitter: XmlSplitter, reader: RecordReader): Generator<XmlText> {
  for (let from = 0; from < piece.length; from += cutBytes) {
    for (const part of splitter.push(piece.subarray(from, from + cutBytes))) {
      const { bytes, line } = part;
      if (part.isRecord)
        yield { parent: reader.parent, bytes, line, element: () => reader.element(bytes, part) };
      else reader.readBetween(bytes, part);
    }
  }
}

/** Parses the text of a record after the document was read. Throws an `XmlStreamError` like `element`. */
export function parseXmlText(
  { bytes, line }: Pick<XmlText, 'bytes' | 'line'>,
  bounds: Partial<XmlLimits> = {},
): XmlElement {
  const all = { ...defaults, ...bounds };
  return (
    readPlainElement(bytes, line, all) ??
    new RecordReader({ level: 0 }, all).parsedElement(bytes, { ...start, line })
  );
}

/** Parses a small document with this root element. Limits and refusals are those of `xmlRecords`. */
export function parseXml(content: Uint8Array, root: string, bounds: Partial<XmlLimits> = {}): XmlElement {
  const reader = new RecordReader({ root, level: 0 }, { ...defaults, ...bounds });
  const records = [...reader.read(content, start)];
  records.push(...reader.end());
  const [element] = records;
  if (element === undefined) throw new XmlStreamError('the end', 'no element');
  return element;
}

/** The shape of what a reader gets. Without `root`, the root element may have any name. */
type ReaderShape = Omit<XmlShape, 'root'> & Partial<Pick<XmlShape, 'root'>>;

/** The start of a document. */
const start: XmlPlace = { line: 1, column: 0, byte: 0 };

/** An element being read. */
interface Draft extends XmlElement {
  readonly children: Draft[];
  text: string;
}

/** Reads the parts of a document with one parser, in order. It may be given any records, and all that is between them. */
class RecordReader {
  readonly #shape: ReaderShape;
  readonly #limits: XmlLimits;
  readonly #inRecord: PlainLimits;
  readonly #parser = new SaxesParser<{ xmlns: false }>({ xmlns: false, position: false } as { xmlns: false });
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** Open elements above the records, by name only. */
  readonly #above: string[] = [];
  readonly #open: Draft[] = [];
  #finished: XmlElement[] = [];
  #bytes = 0;
  #elements = 0;
  #tokenStart = 0;
  #recordStart = 0;
  /** Start of the current part in the document, and the place of the parser at that time. */
  #place = start;
  #placed: Pick<XmlPlace, 'line' | 'column'> = start;

  constructor(shape: ReaderShape, limits: XmlLimits) {
    this.#shape = shape;
    this.#limits = limits;
    this.#inRecord = { ...limits, depth: limits.depth - shape.level };
    const parser = this.#parser;
    // The parser's own table has a prototype, and `&constructor;` would be found there.
    const entities: Record<string, string> = { amp: '&', gt: '>', lt: '<', quot: '"', apos: "'" };
    parser.ENTITIES = entities;
    Object.setPrototypeOf(entities, null);
    // Keep the number of handlers low: from the eighth on, V8 stores the parser as a hash table, which is five times slower.
    parser.on('error', ({ message }) => this.#refuse(message.replace(/\.$/, '')));
    parser.on('doctype', (declaration) => {
      this.#doctype(declaration);
    });
    parser.on('opentag', (tag) => {
      this.#start(tag);
    });
    parser.on('closetag', () => {
      this.#stop();
    });
    const onText = (text: string): void => {
      this.#text(text);
    };
    parser.on('text', onText);
    parser.on('cdata', onText);
  }

  /** Name of the innermost open element above the records. */
  get parent(): string {
    return this.#above.at(-1) ?? '';
  }

  /** Reads the text of a record that starts at this place. */
  element(bytes: Buffer, place: XmlPlace): XmlElement {
    // The parser must see the root.
    const isRoot = this.#shape.level === 0;
    const plain = isRoot ? undefined : readPlainElement(bytes, place.line, this.#inRecord);
    return plain ?? this.parsedElement(bytes, place);
  }

  /** Reads the same with the parser. */
  parsedElement(bytes: Buffer, place: XmlPlace): XmlElement {
    const [element, second] = this.read(bytes, place);
    if (element === undefined || second !== undefined || this.#open.length > 0)
      this.#refuse('not one element');
    return element;
  }

  /** Reads what is between two records. */
  readBetween(bytes: Buffer, place: XmlPlace): void {
    // White space in an element above the records means nothing. It is between all of them.
    if (this.#above.length > 0 && isBlank(bytes)) this.#count(bytes.length);
    else if (this.read(bytes, place).length > 0) this.#refuse('an element that is not a record');
  }

  /** Reads a part of the document that starts at this place. Returns the records that end in it. */
  read(bytes: Uint8Array, place: XmlPlace): readonly XmlElement[] {
    this.#place = place;
    this.#placed = { line: this.#parser.line, column: this.#parser.column };
    for (let from = 0; from < bytes.length; from += partBytes)
      this.#push(bytes.subarray(from, from + partBytes), place.byte + from);
    return this.#take();
  }

  #push(piece: Uint8Array, offset: number): void {
    this.#count(piece.length);
    this.#write(() => this.#decoder.decode(piece, { stream: true }), offset);
    this.#checkToken();
    if (this.#open.length > 0 && this.#parser.position - this.#recordStart > this.#limits.recordChars) {
      this.#refuse(`a record is longer than ${this.#limits.recordChars} characters`);
    }
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.bytes) this.#refuse(`longer than ${this.#limits.bytes} bytes`);
  }

  /** Must be called after the last piece. */
  end(): readonly XmlElement[] {
    if (this.#bytes === 0) throw new XmlStreamError('byte 0', 'empty');
    this.#write(() => this.#decoder.decode(), this.#place.byte);
    this.#parser.close();
    return this.#take();
  }

  #write(decode: () => string, offset: number): void {
    let text: string;
    try {
      text = decode();
    } catch (cause) {
      const place = `byte ${offset} or up to ${partBytes} bytes later`;
      throw new XmlStreamError(place, `not UTF-8 (${messageOf(cause)})`, { cause });
    }
    this.#parser.write(text);
  }

  #take(): readonly XmlElement[] {
    const finished = this.#finished;
    if (finished.length > 0) this.#finished = [];
    return finished;
  }

  #start({ name: qualified, attributes }: SaxesTagPlain): void {
    this.#endToken();
    const name = localName(qualified);
    const depth = this.#above.length + this.#open.length;
    if (depth === 0) this.#expectRoot(name);
    if (depth >= this.#limits.depth) this.#refuse(`nested deeper than ${this.#limits.depth} elements`);
    if (depth < this.#shape.level) {
      this.#above.push(name);
      return;
    }
    if (depth === this.#shape.level) {
      this.#elements = 0;
      this.#recordStart = this.#parser.position;
    }
    if (++this.#elements > this.#limits.recordElements) {
      this.#refuse(`a record has more than ${this.#limits.recordElements} elements`);
    }
    const element: Draft = { name, attributes, children: [], text: '', line: this.#line() };
    this.#open.at(-1)?.children.push(element);
    this.#open.push(element);
  }

  #doctype(declaration: string): void {
    this.#endToken();
    if (this.#shape.allowDoctype !== true)
      this.#refuse('a document type declaration, which no feed has (an HTML page?)');
    const [, name] = reference.exec(declaration) ?? [];
    if (name === undefined) this.#refuse('a document type declaration with more than a reference');
    this.#expectName(localName(name));
  }

  #expectRoot(name: string): void {
    const { encoding = 'UTF-8' } = this.#parser.xmlDecl;
    if (!/^(utf-8|us-ascii)$/i.test(encoding)) this.#refuse(`declared to be ${encoding}, not UTF-8`);
    this.#expectName(name);
  }

  #expectName(name: string): void {
    const { root = name } = this.#shape;
    if (name !== root) this.#refuse(`not a document of ${root} but of ${name.slice(0, 100)}`);
  }

  #stop(): void {
    this.#endToken();
    const element = this.#open.pop();
    if (element === undefined) {
      this.#above.pop();
    } else if (this.#open.length === 0) {
      this.#finished.push(element);
    }
  }

  #text(text: string): void {
    this.#endToken();
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
    else if (/\S/.test(text)) this.#refuse('text where there should be elements');
  }

  #endToken(): void {
    this.#checkToken();
    this.#tokenStart = this.#parser.position;
  }

  #checkToken(): void {
    const { tokenChars } = this.#limits;
    if (this.#parser.position - this.#tokenStart > tokenChars)
      this.#refuse(`a tag, text or comment is longer than ${tokenChars} characters`);
  }

  /** Line of the document that the parser reads. */
  #line(): number {
    return this.#place.line + this.#parser.line - this.#placed.line;
  }

  #refuse(message: string): never {
    const { line, column } = this.#parser;
    const isFirst = line === this.#placed.line;
    const place = isFirst ? this.#place.column + column - this.#placed.column : column;
    throw new XmlStreamError(`line ${this.#line()}, column ${place}`, message);
  }
}

/** Whether bytes are spaces, tabs and line feeds only. */
function isBlank(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x09) return false;
  }
  return true;
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(':') + 1);
}
