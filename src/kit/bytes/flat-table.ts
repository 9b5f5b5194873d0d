/**
 * A table of a FlatBuffers document: https://flatbuffers.dev/internals. A field is named by its number in the schema. Each method throws if
 * the document is malformed. In all, texts and lists have at most as many bytes as the document, as they cannot share any.
 */
export class FlatTable {
  readonly #bytes: Buffer;
  readonly #at: number;
  readonly #budget: { left: number };

  private constructor(bytes: Buffer, at: number, budget: { left: number }) {
    this.#bytes = bytes;
    this.#at = at;
    this.#budget = budget;
  }

  /** Returns the root of a document. */
  static root(bytes: Buffer): FlatTable {
    return new FlatTable(bytes, bytes.readUInt32LE(0), { left: bytes.length });
  }

  int8(field: number, absent: number): number {
    const at = this.#find(field);
    return at === undefined ? absent : this.#bytes.readInt8(at);
  }

  int32(field: number): number {
    const at = this.#find(field);
    return at === undefined ? 0 : this.#bytes.readInt32LE(at);
  }

  /** Returns a count of 64 bits; 0 if it is absent. */
  count(field: number): number {
    const at = this.#find(field);
    return at === undefined ? 0 : readCount(this.#bytes, at);
  }

  text(field: number): string {
    return this.bytes(field).toString('utf8');
  }

  /** Returns a text or a list of bytes; empty if it is absent. */
  bytes(field: number): Buffer {
    const at = this.#find(field);
    return at === undefined ? Buffer.alloc(0) : this.#vector(at, 1).content;
  }

  /** Returns a table. Throws if it is absent. */
  table(field: number): FlatTable {
    const at = this.#find(field);
    if (at === undefined) throw new Error(`the field ${field} is missing`);
    return new FlatTable(this.#bytes, this.#target(at), this.#budget);
  }

  /** Yields the tables of a list; none if it is absent. */
  *tables(field: number): Generator<FlatTable> {
    for (const at of this.#references(field))
      yield new FlatTable(this.#bytes, this.#target(at), this.#budget);
  }

  /** Yields the texts of a list; none if it is absent. */
  *texts(field: number): Generator<string> {
    for (const at of this.#references(field)) yield this.#vector(at, 1).content.toString('utf8');
  }

  *#references(field: number): Generator<number> {
    const place = this.#find(field);
    if (place === undefined) return;
    const { start, content } = this.#vector(place, 4);
    for (let at = 0; at < content.length; at += 4) yield start + at;
  }

  /** Returns the offset of a field. Undefined if it is absent. */
  #find(field: number): number | undefined {
    const fields = this.#at - this.#bytes.readInt32LE(this.#at);
    const place = 4 + 2 * field;
    if (place + 2 > this.#bytes.readUInt16LE(fields)) return undefined;
    const offset = this.#bytes.readUInt16LE(fields + place);
    return offset === 0 ? undefined : this.#at + offset;
  }

  /** Returns where the reference at an offset leads to. */
  #target(at: number): number {
    return at + this.#bytes.readUInt32LE(at);
  }

  /** Returns the elements of the list that the reference at an offset leads to. */
  #vector(reference: number, elementBytes: number): { readonly start: number; readonly content: Buffer } {
    const at = this.#target(reference);
    const start = at + 4;
    const size = this.#bytes.readUInt32LE(at) * elementBytes;
    this.#budget.left -= size;
    if (start + size > this.#bytes.length || this.#budget.left < 0) throw new Error('a list is cut short');
    return { start, content: this.#bytes.subarray(start, start + size) };
  }
}

/** Reads a count of 64 bits, little endian. Throws if it is negative or not exact. */
export function readCount(bytes: Buffer, at: number): number {
  const count = Number(bytes.readBigInt64LE(at));
  if (!Number.isSafeInteger(count) || count < 0) throw new Error('a number is out of range');
  return count;
}
