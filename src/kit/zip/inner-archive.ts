import { crc32, createInflateRaw } from 'node:zlib';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import {
  descriptorBytes,
  descriptorBytesMax,
  endBytes,
  fileCount,
  localHeaderBytes,
  parseDirectoryEntry,
  parseLocalHeader,
  type RecordName,
  recordKindOf,
  type Sizes,
  type ZipHeader,
  zipMethods,
} from './records.ts';
import { ZipError } from './walker.ts';

/** Size of the longest local header: its name and its extra field have 16-bit lengths. */
const headerBytesMax = localHeaderBytes + 2 * 0xffff;
/** Bytes that are passed on or inflated at once. */
const pieceBytes = 64 * 1024;

/**
 * Yields a zip archive that is the only file of another one. Some publishers zip twice. Yields any other stream unchanged. The inner archive
 * may be larger than the memory. Throws a `ZipError` if the outer archive is damaged, and any error of the stream.
 */
export async function* innerArchive(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = new PieceReader(body);
  try {
    const header = await readNestedHeader(input);
    if (header === undefined) yield* input.rest();
    else yield* onlyFile(header, input);
  } finally {
    await input.close();
  }
}

/** Reads the first local header if its file is an archive. Reads nothing if it is not. */
async function readNestedHeader(input: PieceReader): Promise<ZipHeader | undefined> {
  const start = await input.peek(headerBytesMax);
  if (start.length < localHeaderBytes) return undefined;
  const kind = recordKindOf(start.readUInt32LE(0));
  if (kind?.name !== 'local') return undefined;
  const size = kind.sizeOf(start, 0);
  if (start.length < size) return undefined;
  const header = parseLocalHeader(start.subarray(0, size));
  if (!header.path.endsWith('.zip')) return undefined;
  input.skip(size);
  return header;
}

/** Yields the content of the file, and checks it by what follows. */
async function* onlyFile(header: ZipHeader, input: PieceReader): AsyncGenerator<Uint8Array> {
  if (header.isEncrypted) throw new ZipError(`${header.path} is encrypted, which is not supported,`, 0);
  const start = input.position;
  let [crc, bytes] = [0, 0];
  for await (const piece of dataOf(header, input)) {
    crc = crc32(piece, crc);
    bytes += piece.length;
    if (bytes > limits.feedBytes)
      throw new ClairError('limit-exceeded', `${header.path} has more than ${limits.feedBytes} bytes`);
    yield piece;
  }
  await checkEnd({ header, found: { crc, bytes, compressedBytes: input.position - start } }, input);
}

function dataOf(header: ZipHeader, input: PieceReader): AsyncIterable<Uint8Array> {
  const { method, hasDescriptor, compressedBytes, path } = header;
  if (method === zipMethods.deflated) return inflated(path, input);
  if (method === zipMethods.stored && (!hasDescriptor || compressedBytes > 0))
    return stored(compressedBytes, input);
  throw new ZipError(
    `${path} is stored by method ${method} without its size, so it cannot be read as a stream,`,
    input.position,
  );
}

async function* stored(size: number, input: PieceReader): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; ) {
    const piece = await input.take(Math.min(left, pieceBytes));
    if (piece.length === 0) throw new ZipError('the zip archive is cut short', input.position);
    left -= piece.length;
    yield piece;
  }
}

/** Inflates to the end of the data, which need not be stated. What follows it stays unread. */
async function* inflated(path: string, input: PieceReader): AsyncGenerator<Uint8Array> {
  const inflater = new SteppedInflater();
  try {
    while (!inflater.isAtEnd) {
      const piece = await input.take(pieceBytes);
      if (piece.length === 0) throw new ZipError('the zip archive is cut short', input.position);
      const { output, used } = await inflater.push(piece).catch((cause: unknown) => {
        const reason = `${path} cannot be decompressed: ${messageOf(cause)},`;
        throw new ZipError(reason, input.position, { cause });
      });
      input.putBack(piece.subarray(used));
      yield* output;
    }
  } finally {
    inflater.close();
  }
}

/** Inflates one deflated stream piece by piece. Knows how many bytes it has used. */
class SteppedInflater {
  readonly #stream: ReturnType<typeof createInflateRaw> = createInflateRaw({ chunkSize: 4 * pieceBytes });
  #output: Buffer[] = [];
  /** Ends the current call of `push`. */
  #settle: (error?: Error | null) => void = () => undefined;
  isAtEnd = false;

  constructor() {
    this.#stream.on('data', (bytes: Buffer) => {
      this.#output.push(bytes);
    });
    this.#stream.on('error', (error) => {
      this.#settle(error);
    });
    this.#stream.on('end', () => {
      this.isAtEnd = true;
      this.#settle();
    });
  }

  /** Returns what a piece inflates to, and how many of its bytes were used: all, except at the end of the stream. */
  async push(piece: Uint8Array): Promise<{ readonly output: Buffer[]; readonly used: number }> {
    const before = this.#stream.bytesWritten;
    await new Promise<void>((resolve, reject) => {
      this.#settle = (error) => {
        if (error == null) resolve();
        else reject(error);
      };
      // At the end of the stream, `end` comes instead of this call.
      this.#stream.write(piece, (error) => {
        this.#settle(error);
      });
    });
    const output = this.#output;
    this.#output = [];
    return { output, used: this.#stream.bytesWritten - before };
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** The header of the file, and the sizes that were found. */
interface ReadFile {
  readonly header: ZipHeader;
  readonly found: Sizes;
}

/** Checks that the archive states the same of its file as was found, has no other file, and ends there. */
async function checkEnd(file: ReadFile, input: PieceReader): Promise<void> {
  const { position } = input;
  const problem = problemIn(await input.peek(limits.tarMetadataBytes), file);
  if (problem !== undefined) throw new ZipError(problem, position);
}

function problemIn(rest: Buffer, file: ReadFile): string | undefined {
  const { path } = file.header;
  if (rest.length < endBytes + descriptorBytesMax) return 'the zip archive is cut short';
  const described = describedBytes(rest, file);
  if (described === undefined) return `${path} has another checksum or size than the archive says`;
  const records = recordsIn(rest.subarray(described));
  if (records === undefined) return 'the zip archive is cut short, or something follows its end';
  return isDirectoryOf(records, file) ? undefined : `the directory has another file than ${path}`;
}

/** Returns the length of the descriptor, if there is one. Undefined if the file is not as the archive states. */
function describedBytes(rest: Buffer, { header, found }: ReadFile): number | undefined {
  if (!header.hasDescriptor) return hasSizes(header, found) ? 0 : undefined;
  return descriptorBytes(rest, 0, found) || undefined;
}

/** Whether records are the directory and the end of an archive with this file alone. */
function isDirectoryOf(records: readonly ZipRecord[], { header, found }: ReadFile): boolean {
  const [directory, end, ...more] = records.filter(({ name }) => name === 'directory' || name === 'end');
  if (directory?.name !== 'directory' || end?.name !== 'end' || more.length > 0) return false;
  const entry = parseDirectoryEntry(directory.bytes);
  return fileCount(end.bytes) === 1 && entry.path === header.path && hasSizes(entry, found);
}

interface ZipRecord {
  readonly name: RecordName;
  readonly bytes: Buffer;
}

/** Returns the records that bytes consist of. Undefined if they have anything else. */
function recordsIn(bytes: Buffer): ZipRecord[] | undefined {
  const records: ZipRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = at + 4 <= bytes.length ? recordKindOf(bytes.readUInt32LE(at)) : undefined;
    if (kind === undefined || at + kind.fixedBytes > bytes.length) return undefined;
    const end = at + kind.sizeOf(bytes, at);
    if (end > bytes.length) return undefined;
    records.push({ name: kind.name, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return records;
}

function hasSizes(stated: Sizes, found: Sizes): boolean {
  return (
    stated.crc === found.crc &&
    stated.bytes === found.bytes &&
    stated.compressedBytes === found.compressedBytes
  );
}

/** Reads a stream in pieces of chosen sizes. */
class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #waiting: Buffer = Buffer.alloc(0);
  #position = 0;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#pieces = body[Symbol.asyncIterator]();
  }

  /** Number of bytes taken so far. */
  get position(): number {
    return this.#position;
  }

  /** Returns the next bytes without taking them; fewer at the end of the stream. */
  async peek(count: number): Promise<Buffer> {
    const parts = [this.#waiting];
    for (let have = this.#waiting.length; have < count; ) {
      const next = await this.#pieces.next();
      if (next.done === true) break;
      parts.push(Buffer.from(next.value));
      have += next.value.length;
    }
    if (parts.length > 1) this.#waiting = Buffer.concat(parts);
    return this.#waiting.subarray(0, count);
  }

  /** Takes bytes that `peek` returned. */
  skip(count: number): void {
    this.#waiting = this.#waiting.subarray(count);
    this.#position += count;
  }

  /** Takes at most this number of bytes, and fewer only if the stream delivers fewer. Returns an empty buffer at the end. */
  async take(most: number): Promise<Buffer> {
    await this.peek(1);
    const piece = this.#waiting.subarray(0, most);
    this.skip(piece.length);
    return piece;
  }

  /** Returns the last bytes that were taken. */
  putBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#waiting = Buffer.concat([bytes, this.#waiting]);
    this.#position -= bytes.length;
  }

  /** Yields everything that is left. */
  async *rest(): AsyncGenerator<Uint8Array> {
    for (let piece = await this.take(pieceBytes); piece.length > 0; piece = await this.take(pieceBytes))
      yield piece;
  }

  /** Ends the stream early. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
