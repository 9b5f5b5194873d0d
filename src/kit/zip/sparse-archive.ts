import { limits } from '../../core/limits.ts';
import { recordKindOf } from './records.ts';

/** Options of a `SparseArchive`. */
export interface SparseArchiveOptions {
  /** Returns whether the content of the file with this name is needed, also of one in an archive within. */
  readonly needs: (name: string) => boolean;
  /** Number of bytes that are kept. With more, the archive is not usable. */
  readonly keptBytesMax: number;
}

const headerBytes = 30;
const local = Buffer.from('PK\x03\x04');
const directory = Buffer.from('PK\x01\x02');
const stored = 0;

/**
 * A large zip archive of which only the needed files and the directories are kept, while its bytes stream. They are at their own positions
 * in `bytes`. The operating system provides no memory for the rest, which is never written. A reader must use the directory: it finds a
 * file that is missing here to be damaged.
 */
export class SparseArchive {
  readonly bytes: Buffer;
  readonly #needs: SparseArchiveOptions['needs'];
  readonly #keptBytesMax: number;
  #kept = 0;
  /** Position of the next byte. */
  #at = 0;
  #mode: 'header' | 'data' | 'search' = 'header';
  /** Bytes before `#at` that belong to a header, or may begin one. */
  #pending: Buffer = Buffer.alloc(0);
  /** Ends of the archive and of those within that are open, the innermost last. */
  readonly #ends: number[];
  /** Whether an archive within was opened, and its first header decides if it is one. */
  #isFirst = false;
  /** End of the data, and whether they are kept. */
  #dataEnd = 0;
  #isKept = false;

  /** Throws a `RangeError` if the system refuses the address space. */
  constructor(size: number, { needs, keptBytesMax }: SparseArchiveOptions) {
    // Zeroed memory of this size costs nothing until it is written.
    this.bytes = Buffer.alloc(size);
    this.#needs = needs;
    this.#keptBytesMax = keptBytesMax;
    this.#ends = [size];
  }

  /** Whether more bytes are needed than are kept. */
  get isTooLarge(): boolean {
    return this.#kept > this.#keptBytesMax;
  }

  /** Takes the next bytes. */
  write(piece: Buffer): void {
    let rest = piece;
    while (rest.length > 0 && !this.isTooLarge) rest = rest.subarray(this.#take(rest));
  }

  /** Frees the memory at once. */
  free(): void {
    (this.bytes.buffer as ArrayBuffer).transfer(0);
  }

  get #end(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** Takes bytes of one header, file or gap. Returns how many. */
  #take(rest: Buffer): number {
    if (this.#at >= this.#end && this.#ends.length > 1) this.#leave();
    switch (this.#mode) {
      case 'header':
        return this.#takeHeader(rest);
      case 'data':
        return this.#takeData(rest);
      case 'search':
        return this.#search(rest.subarray(0, this.#end - this.#at));
    }
  }

  #leave(): void {
    // A needed file that is shorter than a header.
    if (this.#isFirst) this.#keepPending();
    this.#isFirst = false;
    this.#ends.pop();
    this.#begin('header');
  }

  #begin(mode: 'header' | 'data' | 'search'): void {
    this.#mode = mode;
    this.#pending = Buffer.alloc(0);
  }

  #takeHeader(rest: Buffer): number {
    const needed = sizeOfHeader(this.#pending);
    const count = Math.min(needed - this.#pending.length, rest.length, this.#end - this.#at);
    this.#pending = Buffer.concat([this.#pending, rest.subarray(0, count)]);
    this.#at += count;
    const isOther = this.#pending.length >= local.length && !this.#pending.subarray(0, 4).equals(local);
    if (isOther) this.#endOfFiles();
    else if (this.#pending.length >= headerBytes && this.#pending.length === sizeOfHeader(this.#pending))
      this.#beginFile();
    return count;
  }

  /** The header is not that of a file: the directory follows, or the archive within is none, or something is between the files. */
  #endOfFiles(): void {
    if (this.#isFirst || recordKindOf(this.#pending.readUInt32LE(0)) !== undefined) {
      this.#keepPending();
      this.#beginData(this.#end, true);
    } else {
      const pending = this.#pending;
      this.#isKept = false;
      this.#begin('search');
      this.#pending = pending;
    }
    this.#isFirst = false;
  }

  #beginFile(): void {
    this.#isFirst = false;
    const header = this.#pending;
    const name = header.toString('latin1', headerBytes, headerBytes + header.readUInt16LE(26));
    const isNeeded = this.#needs(name);
    if (isNeeded) this.#keepPending();
    const size = header.readUInt32LE(18);
    const isKnown = (header.readUInt16LE(6) & 8) === 0 && this.#at + size <= this.#end;
    if (!isKnown) {
      this.#isKept = isNeeded;
      this.#begin('search');
    } else if (
      isNeeded &&
      header.readUInt16LE(8) === stored &&
      this.#ends.length < limits.archiveDepth &&
      size > 0
    ) {
      // Deeper archives are kept whole.
      this.#ends.push(this.#at + size);
      this.#isFirst = true;
      this.#begin('header');
    } else this.#beginData(this.#at + size, isNeeded);
  }

  #beginData(end: number, isKept: boolean): void {
    this.#begin('data');
    this.#dataEnd = end;
    this.#isKept = isKept;
    if (this.#at === end) this.#begin('header');
  }

  #takeData(rest: Buffer): number {
    const count = Math.min(rest.length, this.#dataEnd - this.#at);
    if (this.#isKept) this.#keep(this.#at, rest.subarray(0, count));
    this.#at += count;
    if (this.#at === this.#dataEnd) this.#begin('header');
    return count;
  }

  /** Searches the next header after data of unknown length. */
  #search(rest: Buffer): number {
    const start = this.#at - this.#pending.length;
    const all = Buffer.concat([this.#pending, rest]);
    const found = headerIn(all);
    const isLast = start + all.length >= this.#end;
    const upTo = found ?? (isLast ? all.length : Math.max(0, all.length - headerBytes));
    if (this.#isKept) this.#keep(start, all.subarray(0, upTo));
    this.#pending = all.subarray(upTo);
    this.#at += rest.length;
    if (found === undefined) return rest.length;
    // The bytes of the header are taken again, one after the other.
    const again = Math.min(this.#pending.length, rest.length);
    this.#at -= again;
    const before = this.#pending.subarray(0, this.#pending.length - again);
    this.#begin('header');
    this.#pending = before;
    return rest.length - again;
  }

  #keepPending(): void {
    this.#keep(this.#at - this.#pending.length, this.#pending);
  }

  #keep(at: number, bytes: Buffer): void {
    this.#kept += bytes.length;
    if (!this.isTooLarge) bytes.copy(this.bytes, at);
  }
}

/** Returns the size of a header of a file, as far as its start shows. */
function sizeOfHeader(start: Buffer): number {
  if (start.length < local.length) return local.length;
  if (start.length < headerBytes) return headerBytes;
  return headerBytes + start.readUInt16LE(26) + start.readUInt16LE(28);
}

/** Returns the position of the first header of a file or of a directory. It must be whole in the bytes. */
function headerIn(bytes: Buffer): number | undefined {
  const files = positionOf(bytes, local, { version: 4, method: 8, name: 26 });
  const entries = positionOf(bytes, directory, { version: 6, method: 10, name: 28 });
  if (files === undefined || entries === undefined) return files ?? entries;
  return Math.min(files, entries);
}

/** Offsets of fields of a header. */
interface HeaderFields {
  readonly version: number;
  readonly method: number;
  readonly name: number;
}

/** Returns the first position of a header whose fields have usual values. Compressed data may have the signature by chance. */
function positionOf(bytes: Buffer, signature: Buffer, fields: HeaderFields): number | undefined {
  for (let at = bytes.indexOf(signature); at !== -1; at = bytes.indexOf(signature, at + 1)) {
    if (at + headerBytes > bytes.length) return undefined;
    const method = bytes.readUInt16LE(at + fields.method);
    const nameBytes = bytes.readUInt16LE(at + fields.name);
    const isUsual = (bytes[at + fields.version] ?? 0) <= versionMax && nameBytes > 0 && nameBytes <= nameMax;
    if (isUsual && (method === stored || method === deflated)) return at;
  }
  return undefined;
}

const deflated = 8;
/** Highest version of the format that a header may require: 6.3. */
const versionMax = 63;
const nameMax = 4096;
