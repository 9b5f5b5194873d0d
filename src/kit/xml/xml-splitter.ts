/** The content is not the expected XML. `place` is text for people, such as `line 7, column 12`. */
export class XmlStreamError extends Error {
  readonly place: string;

  constructor(place: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'XmlStreamError';
    this.place = place;
  }
}

/** A place in a document. Lines are counted from 1, columns and bytes from 0. */
export interface XmlPlace {
  readonly line: number;
  readonly column: number;
  /** Bytes of the document before it. */
  readonly byte: number;
}

/** A part of a document: one element at the level of the records with everything in it, or what is between two records. */
export interface XmlPart extends XmlPlace {
  readonly isRecord: boolean;
  /** Its text, valid until the next part is requested. The place is that of its start. */
  readonly bytes: Buffer;
}

/** Limits of a splitter. */
export interface XmlSplitterLimits {
  readonly bytes: number;
  readonly records: number;
  /** Bytes of one record. */
  readonly recordChars: number;
  /** Bytes of one tag, text or comment outside the records. */
  readonly tokenChars: number;
}

const [lessThan, greaterThan, slash, bang, question] = [0x3c, 0x3e, 0x2f, 0x21, 0x3f];
const [quote, apostrophe, newline] = [0x22, 0x27, 0x0a];
const comment = { opening: Buffer.from('<!--'), end: Buffer.from('-->') };
const cdata = { opening: Buffer.from('<![CDATA['), end: Buffer.from(']]>') };
const instructionEnd = Buffer.from('?>');
const sectionStart = Buffer.from('<!');
const instructionStart = Buffer.from('<?');

/** Whether a token begins an element, whether it ends one, and how it changes the number of open elements. */
interface TokenKind {
  readonly opens: boolean;
  readonly closes: boolean;
  readonly change: number;
}

const startTag: TokenKind = { opens: true, closes: false, change: 1 };
const emptyTag: TokenKind = { opens: true, closes: true, change: 0 };
const endTag: TokenKind = { opens: false, closes: true, change: -1 };
const noTag: TokenKind = { opens: false, closes: false, change: 0 };

/**
 * Cuts the text of an XML document (XML 1.0) before and after each element at one depth, in pieces of any size. It reads only where tags,
 * comments and sections end. A parser must then check both kinds of parts: together they are the document.
 */
export class XmlSplitter {
  readonly #level: number;
  readonly #limits: XmlSplitterLimits;
  #bytes: Buffer = Buffer.allocUnsafe(128 * 1024);
  /** Indexes: start of the part that is not yet returned, start and end of the last token, end of the content so far. */
  #start = 0;
  #token = 0;
  #scanned = 0;
  #end = 0;
  /** Bytes of an incomplete token in which its end is not, and the quote that is open after them, or 0. */
  #searched = 0;
  #quotedBy = 0;
  /** Number of open elements. */
  #depth = 0;
  #records = 0;
  /** Bytes before those that are kept. */
  #offset = 0;
  /** Up to this index, `#line` counts the lines, and `#lineStart` is the start of the last. */
  #counted = 0;
  #line = 1;
  #lineStart = 0;

  /** Records are the elements with `level` elements around them. */
  constructor(level: number, limits: XmlSplitterLimits) {
    this.#level = level;
    this.#limits = limits;
  }

  /** Yields the parts that end in this piece. */
  *push(piece: Uint8Array): Generator<XmlPart> {
    this.#append(piece);
    const bytes = this.#bytes.subarray(0, this.#end);
    const ends = new RecordEnds(bytes);
    while (this.#findToken(bytes)) {
      const { opens, closes, change } = this.#kindOfToken(bytes, ends);
      if (opens && this.#depth === this.#level) {
        if (this.#token > this.#start) yield this.#cut(this.#token, false);
        this.#countRecord();
      }
      this.#depth += change;
      if (closes && this.#depth === this.#level) yield this.#cut(this.#scanned, true);
    }
    this.#checkLengths();
    if (this.#depth <= this.#level && this.#scanned > this.#start) yield this.#cut(this.#scanned, false);
  }

  /** Returns the rest after the last piece. */
  end(): XmlPart {
    return this.#cut(this.#end, false);
  }

  #cut(end: number, isRecord: boolean): XmlPart {
    const place = this.#place();
    const bytes = this.#bytes.subarray(this.#start, end);
    this.#start = end;
    return { ...place, isRecord, bytes };
  }

  /** The place of the start of the part that is not yet returned. */
  #place(): XmlPlace {
    const passed = this.#bytes.subarray(this.#counted, this.#start);
    for (let at = passed.indexOf(newline); at >= 0; at = passed.indexOf(newline, at + 1)) {
      this.#line++;
      this.#lineStart = this.#counted + at + 1;
    }
    this.#counted = this.#start;
    const column = this.#start - this.#lineStart;
    return { line: this.#line, column, byte: this.#offset + this.#start };
  }

  #append(piece: Uint8Array): void {
    if (this.#offset + this.#end + piece.length > this.#limits.bytes)
      this.#refuse(`longer than ${this.#limits.bytes} bytes`);
    if (this.#end + piece.length > this.#bytes.length) this.#reserve(piece.length);
    this.#bytes.set(piece, this.#end);
    this.#end += piece.length;
  }

  /** Removes what was returned. Enlarges the memory if less than half of it would be free: small pieces then rarely move the rest. */
  #reserve(length: number): void {
    this.#place();
    const kept = this.#bytes.subarray(this.#start, this.#end);
    const needed = 2 * (kept.length + length);
    const target = needed > this.#bytes.length ? Buffer.allocUnsafe(needed) : this.#bytes;
    target.set(kept, 0);
    this.#bytes = target;
    this.#offset += this.#start;
    this.#scanned -= this.#start;
    this.#lineStart -= this.#start;
    this.#end -= this.#start;
    this.#start = this.#counted = 0;
  }

  /** Sets `#token` and `#scanned` to the next token that starts with `<`. Returns false if there is no complete one. */
  #findToken(bytes: Buffer): boolean {
    const start = bytes.indexOf(lessThan, this.#scanned);
    const end = start < 0 ? undefined : this.#searchEnd(bytes, start);
    this.#token = start;
    this.#scanned = end ?? (start < 0 ? bytes.length : start);
    this.#searched = end === undefined ? bytes.length - this.#scanned : 0;
    return end !== undefined;
  }

  /** Returns the index after the token at this index; undefined if the content ends before. */
  #searchEnd(bytes: Buffer, start: number): number | undefined {
    const next = bytes[start + 1];
    // The end of a section may have begun before.
    const from = start + Math.max(2, this.#searched - 2);
    if (next === question) return indexAfter(bytes, instructionEnd, from);
    if (next !== bang) return this.#tagEnd(bytes, start);
    for (const { opening, end } of [comment, cdata])
      if (bytes.subarray(start, start + opening.length).equals(opening))
        return indexAfter(bytes, end, Math.max(start + opening.length, from));
    // Too short to see which section it starts; or else a document type.
    return bytes.length - start < cdata.opening.length ? undefined : this.#tagEnd(bytes, start);
  }

  /** Returns the index after the `>` that is not in a quoted value. */
  #tagEnd(bytes: Buffer, start: number): number | undefined {
    let quotedBy = this.#quotedBy;
    for (let at = start + Math.max(1, this.#searched); at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (quotedBy !== 0) {
        if (byte === quotedBy) quotedBy = 0;
      } else if (byte === greaterThan) {
        this.#quotedBy = 0;
        return at + 1;
      } else if (byte === quote || byte === apostrophe) {
        quotedBy = byte;
      }
    }
    this.#quotedBy = quotedBy;
    return undefined;
  }

  /** Returns the kind of the last token. A whole record counts as one if its end is found by its name. */
  #kindOfToken(bytes: Buffer, ends: RecordEnds): TokenKind {
    const kind = kindOf(bytes, this.#token, this.#scanned);
    const isRecord = kind === startTag && this.#depth === this.#level;
    const end = isRecord ? ends.find(this.#token, this.#scanned) : undefined;
    if (end === undefined) return kind;
    this.#scanned = end;
    return emptyTag;
  }

  #countRecord(): void {
    if (++this.#records > this.#limits.records) this.#refuse(`more than ${this.#limits.records} records`);
  }

  #checkLengths(): void {
    const { recordChars, tokenChars } = this.#limits;
    if (this.#depth > this.#level && this.#end - this.#start > recordChars)
      this.#refuse(`a record is longer than ${recordChars} characters`);
    if (this.#end - this.#scanned > tokenChars)
      this.#refuse(`a tag, text or comment is longer than ${tokenChars} characters`);
  }

  #refuse(message: string): never {
    const { line, column } = this.#place();
    throw new XmlStreamError(`line ${line}, column ${column}`, message);
  }
}

/**
 * Finds the ends of records by their names, without reading what is in them. An end tag in a comment or another section does not count, nor one
 * of an inner element with the same name: such records are left to the search for tags. Elsewhere, XML allows no `<` but that of a tag.
 */
class RecordEnds {
  readonly #bytes: Buffer;
  /** Starts of the next comment or section and of the next instruction. */
  #bang = -1;
  #question = -1;
  /** `<name` and `</name` of the last record, and where the next such start tag is. */
  #startTag: Buffer = Buffer.alloc(0);
  #endTag: Buffer = Buffer.alloc(0);
  #nextStart = -1;
  /** Whether no such end tag follows. */
  #hasNoEnd = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Returns the index after the record whose start tag begins and ends at these indexes. Undefined if it must be searched by its tags. */
  find(start: number, afterTag: number): number | undefined {
    this.#takeName(start);
    const end = this.#hasNoEnd ? -1 : this.#bytes.indexOf(this.#endTag, afterTag);
    this.#hasNoEnd = end < 0;
    const after = end + this.#endTag.length;
    if (end < 0 || this.#bytes[after] !== greaterThan) return undefined;
    return this.#hasSection(afterTag, end) || this.#hasStart(afterTag, end) ? undefined : after + 1;
  }

  #takeName(start: number): void {
    const known = this.#startTag;
    const isKnown =
      known.length > 0 &&
      start + known.length < this.#bytes.length &&
      endsName(this.#bytes[start + known.length]) &&
      this.#bytes.compare(known, 0, known.length, start, start + known.length) === 0;
    if (isKnown) return;
    let end = start + 1;
    while (!endsName(this.#bytes[end])) end++;
    this.#startTag = this.#bytes.subarray(start, end);
    this.#endTag = Buffer.concat([Buffer.from('</'), this.#bytes.subarray(start + 1, end)]);
    this.#nextStart = -1;
    this.#hasNoEnd = false;
  }

  #hasSection(from: number, end: number): boolean {
    if (this.#bang < from) this.#bang = this.#indexOf(sectionStart, from);
    if (this.#question < from) this.#question = this.#indexOf(instructionStart, from);
    return Math.min(this.#bang, this.#question) < end;
  }

  #hasStart(from: number, end: number): boolean {
    if (this.#nextStart < from) this.#nextStart = this.#indexOf(this.#startTag, from);
    return this.#nextStart < end;
  }

  /** Returns where bytes begin next; the length of all if they do not. */
  #indexOf(wanted: Buffer, from: number): number {
    const at = this.#bytes.indexOf(wanted, from);
    return at < 0 ? this.#bytes.length : at;
  }
}

/** Whether a byte ends the name in a start tag. */
function endsName(byte: number | undefined): boolean {
  return byte === undefined || byte <= 0x20 || byte === slash || byte === greaterThan;
}

function kindOf(bytes: Buffer, start: number, end: number): TokenKind {
  const next = bytes[start + 1];
  if (next === slash) return endTag;
  if (next === bang || next === question) return noTag;
  return bytes[end - 2] === slash ? emptyTag : startTag;
}

function indexAfter(bytes: Buffer, end: Buffer, from: number): number | undefined {
  const at = bytes.indexOf(end, from);
  return at < 0 ? undefined : at + end.length;
}
