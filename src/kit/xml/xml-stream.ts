import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** The content is not the expected XML. `place` is text for people, such as `line 7, column 12`. */
export class XmlStreamError extends Error {
  readonly place: string;

  constructor(place: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'XmlStreamError';
    this.place = place;
  }
}

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

/** One record of a document. */
export interface XmlRecord {
  /** Name of the parent element. */
  readonly parent: string;
  readonly element: XmlElement;
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
  const reader = new RecordReader(shape, { ...defaults, ...bounds });
  for await (const piece of body) {
    for (let from = 0; from < piece.length; from += partBytes) {
      yield* reader.push(piece.subarray(from, from + partBytes));
    }
  }
  yield* reader.end();
}

/** Parses a small document with this root element. Limits and refusals are those of `xmlRecords`. */
export function parseXml(content: Uint8Array, root: string, bounds: Partial<XmlLimits> = {}): XmlElement {
  const reader = new RecordReader({ root, level: 0 }, { ...defaults, ...bounds });
  const records: XmlRecord[] = [];
  for (let from = 0; from < content.length; from += partBytes) {
    records.push(...reader.push(content.subarray(from, from + partBytes)));
  }
  const [record] = [...records, ...reader.end()];
  if (record === undefined) throw new XmlStreamError('the end', 'no element');
  return record.element;
}

/** An element being read. */
interface Draft extends XmlElement {
  readonly children: Draft[];
  text: string;
}

/** Cuts a document into records, in pieces of any size. */
class RecordReader {
  readonly #shape: XmlShape;
  readonly #limits: XmlLimits;
  readonly #parser = new SaxesParser<{ xmlns: false }>({ xmlns: false, position: false } as { xmlns: false });
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** Open elements above the records, by name only. */
  readonly #above: string[] = [];
  readonly #open: Draft[] = [];
  #finished: XmlRecord[] = [];
  #bytes = 0;
  #records = 0;
  #elements = 0;
  #tokenStart = 0;
  #recordStart = 0;

  constructor(shape: XmlShape, limits: XmlLimits) {
    this.#shape = shape;
    this.#limits = limits;
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

  /** The records that end in this piece. */
  push(piece: Uint8Array): readonly XmlRecord[] {
    const offset = this.#bytes;
    this.#bytes += piece.length;
    if (this.#bytes > this.#limits.bytes) this.#refuse(`longer than ${this.#limits.bytes} bytes`);
    this.#write(() => this.#decoder.decode(piece, { stream: true }), offset);
    if (this.#parser.position - this.#tokenStart > this.#limits.tokenChars) {
      this.#refuse(`a tag, text or comment is longer than ${this.#limits.tokenChars} characters`);
    }
    if (this.#open.length > 0 && this.#parser.position - this.#recordStart > this.#limits.recordChars) {
      this.#refuse(`a record is longer than ${this.#limits.recordChars} characters`);
    }
    return this.#take();
  }

  /** Must be called after the last piece. */
  end(): readonly XmlRecord[] {
    if (this.#bytes === 0) throw new XmlStreamError('byte 0', 'empty');
    this.#write(() => this.#decoder.decode(), this.#bytes);
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

  #take(): readonly XmlRecord[] {
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
    if (depth === this.#shape.level) this.#startRecord();
    if (++this.#elements > this.#limits.recordElements) {
      this.#refuse(`a record has more than ${this.#limits.recordElements} elements`);
    }
    const element: Draft = { name, attributes, children: [], text: '', line: this.#parser.line };
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
    if (name !== this.#shape.root) {
      this.#refuse(`not a document of ${this.#shape.root} but of ${name.slice(0, 100)}`);
    }
  }

  #startRecord(): void {
    this.#elements = 0;
    this.#recordStart = this.#parser.position;
    if (++this.#records > this.#limits.records) this.#refuse(`more than ${this.#limits.records} records`);
  }

  #stop(): void {
    this.#endToken();
    const element = this.#open.pop();
    if (element === undefined) {
      this.#above.pop();
    } else if (this.#open.length === 0) {
      this.#finished.push({ parent: this.#above.at(-1) ?? '', element });
    }
  }

  #text(text: string): void {
    this.#endToken();
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
    else if (/\S/.test(text)) this.#refuse('text where there should be elements');
  }

  #endToken(): void {
    this.#tokenStart = this.#parser.position;
  }

  #refuse(message: string): never {
    throw new XmlStreamError(`line ${this.#parser.line}, column ${this.#parser.column}`, message);
  }
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(':') + 1);
}
