import { inflateRawSync } from 'node:zlib';
import { messageOf } from '../../core/errors.ts';
import { type LoadBytes, loadNothing, type PartlyRead } from '../bytes/file-pages.ts';
import type { RawInflater } from '../decompress/raw-inflater.ts';
import {
  directoryOf,
  endBytes,
  endRecords,
  isRecord,
  localDataStart,
  localHeaderBytes,
  locatedEnd64,
  parseDirectoryEntry,
  sizeOfDirectoryEntry,
  type ZipHeader,
  zipMethods,
} from './records.ts';
import { ZipError } from './walker.ts';

/** Returns whether the file whose name is at `start` to `end` of the bytes is wanted. Most names are never made a string. */
export type WantsName = (bytes: Buffer, start: number, end: number) => boolean;

/** The wanted files of an archive, in the order of their data. */
export interface WantedEntries {
  readonly entries: readonly ZipHeader[];
  /** The first defect of the directory. Files after it are unknown. */
  readonly defect: ZipError | undefined;
  /** Number of all files. */
  readonly count: number;
}

/** Options of a `ZipDirectory`. */
export interface ZipDirectoryOptions {
  /** Reads the bytes that are needed. Absent if all are there. */
  readonly load?: LoadBytes;
  /** Absent if each file has one of its own, which takes longer. */
  readonly inflater?: RawInflater;
}

/**
 * A zip archive in memory that is read by the directory at its end, as a JVM reads it. Something else may precede the archive, such as a
 * script. The files of the directory count, whatever the archive holds besides. Bytes that no wanted file needs are not loaded.
 */
export class ZipDirectory {
  readonly #bytes: Buffer;
  readonly #load: LoadBytes;
  readonly #inflater: RawInflater | undefined;
  readonly #start: number;
  readonly #end: number;
  /** Position that the offsets of the directory count from. */
  readonly #base: number;

  /** Throws a `ZipError` if the bytes do not end with a directory, and any error of `load`. */
  constructor(bytes: Buffer, { load = loadNothing, inflater }: ZipDirectoryOptions = {}) {
    this.#bytes = bytes;
    this.#load = load;
    this.#inflater = inflater;
    const { start, end, offset } = locate({ bytes, load });
    this.#start = start;
    this.#end = end;
    this.#base = start - offset;
  }

  /** Reads the directory. Of files whose data overlap, which no tool creates, only the first is returned. */
  wanted(wants: WantsName, countMax: number): WantedEntries {
    const found: ZipHeader[] = [];
    let count = 0;
    let defect: ZipError | undefined;
    this.#load(this.#start, this.#end + directoryEntryBytes);
    for (let at = this.#start; at < this.#end; count++) {
      const size = sizeOfDirectoryEntry(this.#bytes, at);
      if (size === 0 || at + size > this.#end || count >= countMax) {
        defect = new ZipError(
          count < countMax ? 'the directory is damaged' : `more than ${countMax} files`,
          at,
        );
        break;
      }
      const nameStart = at + nameOffset;
      const nameEnd = nameStart + (this.#bytes[at + 28] ?? 0) + 256 * (this.#bytes[at + 29] ?? 0);
      if (wants(this.#bytes, nameStart, nameEnd))
        found.push(parseDirectoryEntry(this.#bytes.subarray(at, at + size)));
      at += size;
    }
    const { entries, overlap } = withoutOverlap(found);
    return { entries, defect: defect ?? overlap, count };
  }

  /**
   * Returns the content of a file. A stored file is not copied. Throws a `ZipError` if it cannot be read, has another size than the
   * directory declares, or more than `bytesMax` bytes. Throws any error of `load`.
   */
  content(entry: ZipHeader, bytesMax: number): Buffer {
    const { start, end } = this.#place(entry, bytesMax);
    this.#load(start, end);
    const data = this.#bytes.subarray(start, end);
    return entry.method === zipMethods.stored ? data : this.#inflated(entry, data);
  }

  /** Returns a stored file, whose bytes are loaded on demand. Throws like `content`. */
  storedFile(entry: ZipHeader): PartlyRead {
    const { start, end } = this.#place(entry, Number.POSITIVE_INFINITY);
    return {
      bytes: this.#bytes.subarray(start, end),
      load: (from, to) => {
        this.#load(start + Math.max(from, 0), Math.min(start + to, end));
      },
    };
  }

  /** Returns where the data of a file is. Throws a `ZipError` if it cannot be read. */
  #place(entry: ZipHeader, bytesMax: number): { readonly start: number; readonly end: number } {
    const { isEncrypted, bytes, method } = entry;
    if (isEncrypted) throw this.#refusal(entry, 'an encrypted file');
    if (bytes > bytesMax) throw this.#refusal(entry, `a file of ${bytes} bytes, more than ${bytesMax}`);
    if (method !== zipMethods.stored && method !== zipMethods.deflated)
      throw this.#refusal(entry, `the unknown compression method ${method}`);
    const place = this.#dataPlace(entry);
    if (method === zipMethods.stored && entry.compressedBytes !== bytes)
      throw this.#refusal(entry, otherSize);
    return place;
  }

  #dataPlace({ path, method, offset, compressedBytes }: ZipHeader): {
    readonly start: number;
    readonly end: number;
  } {
    const at = this.#base + offset;
    const headerEnd = at + localHeaderBytes + path.length + usualExtraBytes;
    // Deflated data are needed whole, so that they are read with their header.
    this.#load(at, headerEnd + (method === zipMethods.stored ? 0 : Math.min(compressedBytes, this.#start)));
    const start = at >= 0 ? localDataStart(this.#bytes, at) : undefined;
    if (start === undefined || start + compressedBytes > this.#start)
      throw new ZipError('the directory refers to a file that is not there,', at);
    return { start, end: start + compressedBytes };
  }

  #inflated(entry: ZipHeader, data: Buffer): Buffer {
    const inflated = this.#inflater?.inflate(data, entry.bytes);
    if (inflated !== undefined) return inflated;
    try {
      const content = inflate(data, entry.bytes);
      if (content.length === entry.bytes) return content;
    } catch (error) {
      throw this.#refusal(entry, `a file that cannot be decompressed (${messageOf(error)})`, error);
    }
    throw this.#refusal(entry, otherSize);
  }

  #refusal({ offset }: ZipHeader, message: string, cause?: unknown): ZipError {
    return new ZipError(`${message}, found`, this.#base + offset, { cause });
  }
}

const nameOffset = 46;
const directoryEntryBytes = nameOffset;
/** Bytes of the extra field of a local header that are read with it. Most have fewer. */
const usualExtraBytes = 64;
const otherSize = 'a file of another size than declared';

/** Inflates data that must not have more than the declared bytes. The output is one piece. Throws an error of zlib. */
function inflate(data: Buffer, bytes: number): Buffer {
  return inflateRawSync(data, {
    maxOutputLength: Math.max(bytes, 1),
    // One byte more, or zlib takes another piece of this size to find the end.
    chunkSize: Math.max(bytes + 1, 64),
  });
}

/** Position of a directory, and the position that the archive declares for it. */
interface Located {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** Whether a JVM accepts its end record. */
  readonly isOfJvm: boolean;
}

/**
 * Finds the end record from the end of the bytes. Its comment may contain what looks like another one. Throws a `ZipError` if readers take
 * different ones: Python takes the last one, and a JVM the last one that it accepts.
 */
function locate(archive: PartlyRead): Located {
  const { bytes, load } = archive;
  const last = bytes.length - endBytes;
  // Most archives have no comment, so that their last bytes are enough.
  load(last, bytes.length);
  const atEnd = last >= 0 && isRecord(bytes, last, 'end') ? locatedBy(archive, last) : undefined;
  if (atEnd?.isOfJvm === true) return atEnd;
  let first: Located | undefined;
  for (const at of endRecords(archive)) {
    const located = locatedBy(archive, at);
    first ??= located;
    if (located?.isOfJvm !== true) continue;
    if (located === first) return located;
    throw new ZipError('there are two directories, and programs differ in which they read,', at);
  }
  if (first === undefined) throw new ZipError('there is no directory', bytes.length);
  return first;
}

/** Returns whether the bytes may be those of an archive, which something may precede. */
export function mayEndArchive(archive: PartlyRead): boolean {
  return !endRecords(archive).next().done;
}

/** Returns the directory of an end record. Undefined if none is at its place: the signature is then part of something else. */
function locatedBy(archive: PartlyRead, at: number): Located | undefined {
  const { bytes, load } = archive;
  const end64 = locatedEnd64(archive, at);
  const end = end64 ?? at;
  const { size, offset, commentBytes } = directoryOf(bytes, { end: at, end64 });
  const start = end - size;
  const base = start - offset;
  if (start < 0 || base < 0) return undefined;
  load(start, start + directoryEntryBytes);
  const isExact = at + endBytes + commentBytes === bytes.length;
  const isWhole = size === 0 ? isExact : sizeOfDirectoryEntry(bytes, start) > 0;
  if (!isWhole) return undefined;
  if (!isExact) load(base, base + localHeaderBytes);
  // OpenJDK, java.util.zip.ZipFile.Source.findEND
  const isOfJvm = isExact || (end64 === undefined && localDataStart(bytes, base) !== undefined);
  return { start, end, offset, isOfJvm };
}

function withoutOverlap(found: ZipHeader[]): { entries: ZipHeader[]; overlap: ZipError | undefined } {
  const entries: ZipHeader[] = [];
  let overlap: ZipError | undefined;
  let end = 0;
  for (const entry of found.sort((a, b) => a.offset - b.offset)) {
    if (entry.offset < end) {
      overlap ??= new ZipError('the data of two files overlap', entry.offset);
      continue;
    }
    end = entry.offset + entry.compressedBytes;
    entries.push(entry);
  }
  return { entries, overlap };
}
