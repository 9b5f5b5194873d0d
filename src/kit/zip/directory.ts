import { inflateRawSync } from 'node:zlib';
import { messageOf } from '../../core/errors.ts';
import {
  directoryOf,
  endBytes,
  isDirectoryEntry,
  localDataStart,
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

/** Maximum length of the comment that may follow the end record. */
const commentBytesMax = 0xffff;
const endSignature = Buffer.from('PK\x05\x06');

/**
 * A zip archive in memory that is read by the directory at its end, as a JVM reads it. Something else may precede the archive, such as a
 * script. The files of the directory count, whatever the archive holds besides.
 */
export class ZipDirectory {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** Position that the offsets of the directory count from. */
  readonly #base: number;

  /** Throws a `ZipError` if the bytes do not end with a directory. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const { start, end, offset } = locate(bytes);
    this.#start = start;
    this.#end = end;
    this.#base = start - offset;
  }

  /** Reads the directory. Of files whose data overlap, which no tool creates, only the first is returned. */
  wanted(wants: WantsName, countMax: number): WantedEntries {
    const found: ZipHeader[] = [];
    let count = 0;
    let defect: ZipError | undefined;
    for (let at = this.#start; at < this.#end; count++) {
      const size = isDirectoryEntry(this.#bytes, at) ? sizeOfDirectoryEntry(this.#bytes, at) : 0;
      if (size === 0 || at + size > this.#end || count >= countMax) {
        defect = new ZipError(
          count < countMax ? 'the directory is damaged' : `more than ${countMax} files`,
          at,
        );
        break;
      }
      const nameStart = at + nameOffset;
      const nameEnd = nameStart + this.#bytes.readUInt16LE(at + 28);
      if (wants(this.#bytes, nameStart, nameEnd))
        found.push(parseDirectoryEntry(this.#bytes.subarray(at, at + size)));
      at += size;
    }
    const { entries, overlap } = withoutOverlap(found);
    return { entries, defect: defect ?? overlap, count };
  }

  /**
   * Returns the content of a file. A stored file is not copied. Throws a `ZipError` if it cannot be read, has another size than the
   * directory declares, or more than `bytesMax` bytes.
   */
  content(entry: ZipHeader, bytesMax: number): Buffer {
    const data = this.#data(entry);
    const refuse = (message: string, cause?: unknown): never => {
      throw new ZipError(`${message}, found`, this.#base + entry.offset, { cause });
    };
    if (entry.isEncrypted) return refuse('an encrypted file');
    if (entry.bytes > bytesMax) return refuse(`a file of ${entry.bytes} bytes, more than ${bytesMax}`);
    if (entry.method !== zipMethods.stored && entry.method !== zipMethods.deflated)
      return refuse(`the unknown compression method ${entry.method}`);
    const content = entry.method === zipMethods.stored ? data : inflate(data, entry.bytes, refuse);
    return content.length === entry.bytes ? content : refuse('a file of another size than declared');
  }

  #data({ offset, compressedBytes }: ZipHeader): Buffer {
    const at = this.#base + offset;
    const start = at >= 0 ? localDataStart(this.#bytes, at) : undefined;
    if (start === undefined || start + compressedBytes > this.#start)
      throw new ZipError('the directory refers to a file that is not there,', at);
    return this.#bytes.subarray(start, start + compressedBytes);
  }
}

const nameOffset = 46;

/** Inflates data that must not have more than the declared bytes. The output is one piece. */
function inflate(data: Buffer, bytes: number, refuse: (message: string, cause: unknown) => never): Buffer {
  try {
    return inflateRawSync(data, {
      maxOutputLength: Math.max(bytes, 1),
      // One byte more, or zlib takes another piece of this size to find the end.
      chunkSize: Math.max(bytes + 1, 64),
    });
  } catch (error) {
    return refuse(`a file that cannot be decompressed (${messageOf(error)})`, error);
  }
}

/** Position of a directory, and the position that the archive declares for it. */
interface Located {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

/** Finds the end record from the end of the bytes. Its comment may contain what looks like another one. */
function locate(bytes: Buffer): Located {
  const from = Math.max(0, bytes.length - endBytes - commentBytesMax);
  const tail = bytes.subarray(from);
  for (
    let at = tail.lastIndexOf(endSignature, tail.length - endBytes);
    at >= 0 && tail.length >= endBytes;
    at = at === 0 ? -1 : tail.lastIndexOf(endSignature, at - 1)
  ) {
    const located = locatedBy(bytes, from + at);
    if (located !== undefined) return located;
  }
  throw new ZipError('there is no directory', bytes.length);
}

/** Returns the directory of an end record. Undefined if none is at its place: the signature is then part of something else. */
function locatedBy(bytes: Buffer, at: number): Located | undefined {
  const end64 = locatedEnd64(bytes, at);
  const end = end64 ?? at;
  const { size, offset, commentBytes } = directoryOf(bytes, { end: at, end64 });
  const start = end - size;
  if (start < 0 || start - offset < 0) return undefined;
  const isWhole = size === 0 ? at + endBytes + commentBytes === bytes.length : isDirectoryEntry(bytes, start);
  return isWhole ? { start, end, offset } : undefined;
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
