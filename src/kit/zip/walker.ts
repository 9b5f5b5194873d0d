import { crc32, inflateRawSync } from 'node:zlib';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { PendingInput } from '../decompress/pending-input.ts';
import { RawInflater } from '../decompress/raw-inflater.ts';
import { boundedPath } from '../tar/path.ts';
import {
  descriptorBytes,
  descriptorBytesMax,
  fileCount,
  fileCount64,
  parseDirectoryEntry,
  parseLocalHeader,
  type RecordName,
  recordKindOf,
  type Sizes,
  type ZipHeader,
  zipMethods,
} from './records.ts';

/** The content is not a valid zip archive. `position` counts bytes from its start. */
export class ZipError extends Error {
  readonly position: number;

  constructor(message: string, position: number, options?: { readonly cause?: unknown }) {
    super(`${message} at byte ${position} of the zip archive`, options);
    this.name = 'ZipError';
    this.position = position;
  }
}

/** A file whose header has been read and whose data follows. `offset` is the position of the header. */
interface PendingEntry {
  readonly header: ZipHeader;
  readonly offset: number;
  readonly isWanted: boolean;
}

/** A wanted file. It is inflated and checked only on request. */
export interface ZippedFile {
  readonly path: string;
  /** The data in the archive, or the content if its header does not state the size. Valid until more bytes are appended. */
  readonly stored: Buffer;
  /** Method, checksum and size that the header of the file states. */
  readonly stated: string;
  /** Returns the content. Throws a `ZipError` if it is damaged, and `limit-exceeded` if it is too large. */
  readonly content: () => Buffer;
}

/** The data of a file, with the checksum and sizes that the archive should declare. */
interface Content extends Sizes {
  readonly content: Buffer;
}

/**
 * Walks a zip archive from its start, though its directory is at its end: each file has a header before its data as well. Checks at the end
 * that both describe the same files. Skips unwanted data if its size is known.
 */
export class ZipWalker {
  readonly #wants: (path: string) => boolean;
  readonly #input = new PendingInput();
  readonly #files = new FileSums();
  readonly #directory = new FileSums();
  readonly #inflater = new RawInflater();
  /** The count of files in the end record of ZIP64. */
  #count64: number | undefined;
  #entry: PendingEntry | undefined;
  #toSkip = 0;
  /** For data of unknown size: with fewer bytes than this, another attempt to inflate it is useless. */
  #worthBytes = 0;
  #isAllThere = false;
  #hasEnded = false;

  constructor(wants: (path: string) => boolean) {
    this.#wants = wants;
  }

  append(bytes: Uint8Array): void {
    this.#input.append(bytes);
  }

  /** Returns the next wanted file. Undefined until it is complete. */
  next(): ZippedFile | undefined {
    for (;;) {
      const progress = this.#entry === undefined ? this.#skip() && this.#record() : this.#data(this.#entry);
      if (typeof progress === 'object') return progress;
      if (!progress) return undefined;
    }
  }

  /** Must be called after the last bytes. `next` may still return files. */
  finish(): void {
    this.#isAllThere = true;
  }

  /** Throws if the archive is incomplete. Call it after `next` has returned all files. */
  end(): void {
    const { available, position } = this.#input;
    if (!this.#hasEnded || available > 0)
      throw new ZipError('the zip archive is cut short', position + available);
  }

  #skip(): boolean {
    const count = Math.min(this.#toSkip, this.#input.available);
    this.#input.at += count;
    this.#toSkip -= count;
    return this.#toSkip === 0;
  }

  /** Reads the next record. Returns false until it is complete. */
  #record(): boolean {
    const { bytes, at, available } = this.#input;
    if (available > 0 && this.#hasEnded) throw this.#error('something follows the end of the archive');
    if (available < 4) return false;
    const kind = recordKindOf(bytes.readUInt32LE(at));
    if (kind === undefined) throw this.#error('no zip record where one must be');
    return available >= kind.fixedBytes && this.#takeRecord(kind.name, kind.sizeOf(bytes, at));
  }

  #takeRecord(name: RecordName, size: number): boolean {
    if (size > limits.tarMetadataBytes) throw this.#error('a zip record of impossible size');
    const offset = this.#input.position;
    const record = this.#input.take(size);
    if (record === undefined) return false;
    switch (name) {
      case 'local':
        this.#beginFile(parseLocalHeader(record), offset);
        break;
      case 'directory':
        this.#addToDirectory(parseDirectoryEntry(record));
        break;
      case 'end64':
        this.#count64 = fileCount64(record);
        break;
      case 'locator64':
        break;
      case 'end':
        this.#endArchive(fileCount(record));
    }
    return true;
  }

  #beginFile(header: ZipHeader, offset: number): void {
    const isWanted = !header.path.endsWith('/') && this.#wants(boundedPath(header.path));
    if (this.#files.count >= limits.layerEntries)
      throw limitError(`more than ${limits.layerEntries} files in an archive`);
    if (isWanted || header.hasDescriptor) {
      this.#entry = { header, offset, isWanted };
    } else {
      this.#toSkip = header.compressedBytes;
      this.#files.add(header.path, offset, header);
    }
  }

  #addToDirectory(header: ZipHeader): void {
    this.#directory.add(header.path, header.offset, header);
  }

  #endArchive(count: number): void {
    if (this.#directory.count !== (this.#count64 ?? count))
      throw this.#error('the directory does not have as many files as the end record says');
    if (!this.#directory.equals(this.#files)) throw this.#error('the directory does not match the files');
    this.#hasEnded = true;
  }

  /** Returns the file whose data comes next, or true if it is unwanted. Returns false until it is complete. */
  #data(entry: PendingEntry): ZippedFile | boolean {
    this.#assertReadable(entry.header);
    return entry.header.hasDescriptor ? this.#describedFile(entry) : this.#file(entry);
  }

  #assertReadable({ path, bytes, compressedBytes, method, isEncrypted }: ZipHeader): void {
    if (isEncrypted) throw this.#error(`${path} is encrypted, which is not supported,`);
    if (Math.max(bytes, compressedBytes) > limits.feedRecordBytes)
      throw limitError(`${path} has ${bytes} bytes, more than ${limits.feedRecordBytes}`);
    if (method !== zipMethods.stored && method !== zipMethods.deflated)
      throw this.#error(`${path} is compressed by method ${method}, which is not supported,`);
  }

  /** Returns a file whose header states its sizes. */
  #file({ header, offset }: PendingEntry): ZippedFile | false {
    const { position } = this.#input;
    const stored = this.#input.take(header.compressedBytes);
    if (stored === undefined) return false;
    this.#files.add(header.path, offset, header);
    this.#entry = undefined;
    const { method, crc, bytes } = header;
    return {
      path: boundedPath(header.path),
      stored,
      stated: `${method} ${crc} ${bytes}`,
      content: () => this.#plainContent(header, stored) ?? checkedContent(header, stored, position),
    };
  }

  /** Returns the content of a deflated file that is as its header states. Undefined for any other. */
  #plainContent({ method, bytes, crc }: ZipHeader, stored: Buffer): Buffer | undefined {
    const content = method === zipMethods.deflated ? this.#inflater.inflate(stored, bytes) : undefined;
    return content !== undefined && crc32(content) === crc ? content : undefined;
  }

  /** Returns a file whose sizes follow its data, or true if it is unwanted. */
  #describedFile({ header, offset, isWanted }: PendingEntry): ZippedFile | boolean {
    const found = this.#describedContent(header);
    const input = this.#input;
    if (found === undefined || input.available < found.compressedBytes + descriptorBytesMax) return false;
    const end = input.at + found.compressedBytes;
    const descriptor = descriptorBytes(input.bytes, end, found);
    if (descriptor === 0) throw this.#error(`${header.path} ${differs(header)}`);
    input.at = end + descriptor;
    this.#files.add(header.path, offset, found);
    this.#entry = undefined;
    this.#worthBytes = 0;
    const { content } = found;
    const path = boundedPath(header.path);
    return isWanted ? { path, stored: content, stated: 'inflated', content: () => content } : true;
  }

  #describedContent(header: ZipHeader): Content | undefined {
    const { compressedBytes, method } = header;
    const { bytes, at, available, end, position } = this.#input;
    const isUnknown = compressedBytes === 0 && method === zipMethods.deflated;
    if (isUnknown) return this.#inflateUnknown(header.path, bytes.subarray(at, end), this.#isAllThere);
    if (available < compressedBytes) return undefined;
    return contentOfSize(header, bytes.subarray(at, at + compressedBytes), position);
  }

  /** Inflates to the end of the compressed data. Undefined if the end is missing, unless `isWhole`. */
  #inflateUnknown(path: string, compressed: Buffer, isWhole: boolean): Content | undefined {
    if (!isWhole && compressed.length < this.#worthBytes) return undefined;
    const inflated = inflate(path, compressed, this.#input.position);
    if (inflated !== undefined) return inflated;
    if (isWhole) throw this.#error(`${path} cannot be decompressed: unexpected end of file,`);
    this.#worthBytes = compressed.length * 2;
    return undefined;
  }

  #error(message: string): ZipError {
    return new ZipError(message, this.#input.position);
  }
}

/** Returns the content of a file if it is as the header states. */
function checkedContent(header: ZipHeader, stored: Buffer, position: number): Buffer {
  const { content, crc, bytes } = contentOfSize(header, stored, position);
  if (header.crc !== crc || header.bytes !== bytes)
    throw new ZipError(`${header.path} ${differs(header)}`, position);
  return content;
}

/** Returns the content of data whose size is known. */
function contentOfSize({ path, method }: ZipHeader, stored: Buffer, position: number): Content {
  if (method === zipMethods.stored) return contentOf(Buffer.from(stored), stored.length);
  const content = inflate(path, stored, position);
  if (content === undefined)
    throw new ZipError(`${path} cannot be decompressed: unexpected end of file,`, position);
  if (content.compressedBytes !== stored.length)
    throw new ZipError(`the data of ${path} ends before its size says`, position);
  return content;
}

/** Inflates to the end of the compressed data. Undefined if the end is missing. */
function inflate(path: string, compressed: Buffer, position: number): Content | undefined {
  try {
    // The type definitions lack the result of this option.
    const { buffer, engine } = inflateRawSync(compressed, {
      info: true,
      maxOutputLength: limits.feedRecordBytes,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return contentOf(buffer, engine.bytesWritten);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE' || compressed.length > limits.feedRecordBytes)
      throw limitError(`${path} holds more than ${limits.feedRecordBytes} bytes`);
    if (code === 'Z_BUF_ERROR') return undefined;
    throw new ZipError(`${path} cannot be decompressed: ${messageOf(error)},`, position);
  }
}

function differs({ hasDescriptor, method, compressedBytes }: ZipHeader): string {
  return hasDescriptor && method === zipMethods.stored && compressedBytes === 0
    ? 'is stored without its size in its header, so it cannot be read as a stream,'
    : 'has another checksum or size than the archive says';
}

function contentOf(content: Buffer, compressedBytes: number): Content {
  return { content, compressedBytes, bytes: content.length, crc: crc32(content) };
}

function limitError(message: string): ClairError {
  return new ClairError('limit-exceeded', message);
}

/** A digest of the data of many files that does not depend on their order. */
export class FileSums {
  count = 0;
  #sum = 0;

  add(path: string, offset: number, { crc, compressedBytes, bytes }: Sizes): void {
    this.count++;
    this.#sum = (this.#sum + crc32(`${offset} ${crc} ${compressedBytes} ${bytes} ${path}`)) >>> 0;
  }

  equals(other: FileSums): boolean {
    return this.count === other.count && this.#sum === other.#sum;
  }
}
