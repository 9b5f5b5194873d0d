import type { Namespace } from '../../model/namespace.ts';
import type { SkippedSample } from '../feed-state.ts';

/** The records of a document, as they were stored when it was read. */
export interface DocumentRecords {
  /** Number of its vulnerability; 0 if it has none. Negative for one that is still being staged: the negated number among those. */
  readonly id: number;
  /** Date of the vulnerability in milliseconds since 1970, if it states one. */
  readonly modified: number | undefined;
  readonly namespaces: readonly Namespace[];
  readonly skipped: readonly SkippedSample[];
}

/**
 * A row of a pack: SHA-256 of a document, number and date of its vulnerability, index of its namespaces, and index of its skipped records.
 * Indexes begin at 1, and 0 is an empty list.
 */
const digestBytes = 32;
const [idAt, modifiedAt, namespacesAt, skippedAt] = [32, 40, 48, 52];
const rowBytes = 56;
/** The length of the lists, which precede the rows. */
const headBytes = 4;

/** Lists that rows share. */
interface SharedLists {
  readonly namespaces: readonly (readonly Namespace[])[];
  readonly skipped: readonly (readonly SkippedSample[])[];
}

/** The documents of a feed with their records, by digest. */
export class DocumentPack {
  readonly bytes: Buffer;
  readonly #rows: Buffer;
  readonly #lists: SharedLists;
  /** Number of a row, counted from 1, by the first bytes of its digest; 0 is free. Collisions take the next free place. */
  readonly #slots: Uint32Array;

  constructor(bytes: Buffer) {
    const start = headBytes + bytes.readUInt32LE(0);
    this.bytes = bytes;
    this.#lists = JSON.parse(bytes.toString('utf8', headBytes, start)) as SharedLists;
    this.#rows = bytes.subarray(start);
    const count = this.#rows.length / rowBytes;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * count + 1)));
    for (let row = 0; row < count; row++) this.#slots[this.#slotOf(this.#rows, row * rowBytes)] = row + 1;
  }

  find(digest: Uint8Array): DocumentRecords | undefined {
    const wanted = Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength);
    const row = this.#slots[this.#slotOf(wanted, 0)] ?? 0;
    if (row === 0) return undefined;
    const at = (row - 1) * rowBytes;
    const modified = this.#rows.readDoubleLE(at + modifiedAt);
    return {
      id: this.#rows.readDoubleLE(at + idAt),
      modified: Number.isNaN(modified) ? undefined : modified,
      namespaces: this.#lists.namespaces[this.#rows.readUInt32LE(at + namespacesAt) - 1] ?? [],
      skipped: this.#lists.skipped[this.#rows.readUInt32LE(at + skippedAt) - 1] ?? [],
    };
  }

  /** Returns the place of the digest at a position of some bytes: that of an equal digest, or else a free one. */
  #slotOf(bytes: Buffer, at: number): number {
    const mask = this.#slots.length - 1;
    let slot = bytes.readUInt32LE(at) & mask;
    for (let row = this.#slots[slot]; row; row = this.#slots[slot]) {
      const start = (row - 1) * rowBytes;
      if (bytes.compare(this.#rows, start, start + digestBytes, at, at + digestBytes) === 0) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}

/** Collects documents with their records. */
export class DocumentPackBuilder {
  #rows: Buffer = Buffer.alloc(1024 * rowBytes);
  #length = 0;
  readonly #namespaces = new SharedList<Namespace>(({ name, versionScheme }) => `${name} ${versionScheme}`);
  readonly #skipped: (readonly SkippedSample[])[] = [];

  get count(): number {
    return this.#length / rowBytes;
  }

  add(digest: Uint8Array, { id, modified, namespaces, skipped }: DocumentRecords): void {
    if (this.#length === this.#rows.length) this.#rows = Buffer.concat([this.#rows], this.#rows.length * 2);
    const at = this.#length;
    this.#rows.set(digest, at);
    this.#rows.writeDoubleLE(id, at + idAt);
    this.#rows.writeDoubleLE(modified ?? Number.NaN, at + modifiedAt);
    this.#rows.writeUInt32LE(this.#namespaces.indexOf(namespaces), at + namespacesAt);
    this.#rows.writeUInt32LE(skipped.length === 0 ? 0 : this.#skipped.push(skipped), at + skippedAt);
    this.#length += rowBytes;
  }

  /** Returns the pack; `before` is the number before that of the first staged record. */
  finish(before: number): Buffer {
    const lists: SharedLists = { namespaces: this.#namespaces.lists, skipped: this.#skipped };
    const text = Buffer.from(JSON.stringify(lists));
    const head = Buffer.alloc(headBytes);
    head.writeUInt32LE(text.length);
    const bytes = Buffer.concat([head, text, this.#rows.subarray(0, this.#length)]);
    for (let at = headBytes + text.length; at < bytes.length; at += rowBytes) {
      const id = bytes.readDoubleLE(at + idAt);
      if (id < 0) bytes.writeDoubleLE(before - id, at + idAt);
    }
    return bytes;
  }
}

/** Distinct lists. */
class SharedList<T> {
  readonly lists: (readonly T[])[] = [];
  readonly #textOf: (item: T) => string;
  readonly #indexes = new Map<string, number>();

  constructor(textOf: (item: T) => string) {
    this.#textOf = textOf;
  }

  /** Returns the index of a list, counted from 1; 0 for an empty one. */
  indexOf(list: readonly T[]): number {
    if (list.length === 0) return 0;
    const text = list.map(this.#textOf).join('\n');
    const known = this.#indexes.get(text);
    if (known !== undefined) return known;
    const index = this.lists.push(list);
    this.#indexes.set(text, index);
    return index;
  }
}
