import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import * as z from 'zod/mini';
import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { LineError, linesOf } from '../../kit/bytes/lines.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { InflateError } from '../../kit/decompress/inflater.ts';
import { parseJson } from '../../kit/json/json-document.ts';
import { type ExportLine, parseExportLine } from './export-format.ts';

/**
 * First line of an export file, which has the contents of all feeds as lines of JSON in a zstd frame. The last line has the SHA-256 of all
 * lines before it; a file without it is incomplete.
 */
const header = { clair: 'database', version: 1 } as const;

const trailer = z.strictObject({ digest: z.string() });

/** A file that can be read several times. */
export interface ExportFile {
  readonly name: string;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** Characters to collect before compression. Larger pieces compress faster. */
const pieceChars = 64 * 1024;

/** Returns the bytes of a file with these lines. Calls `onDigest` with the digest before the last bytes. */
export function encodeExport(
  lines: AsyncIterable<ExportLine>,
  onDigest: (digest: string) => void,
): AsyncIterable<Uint8Array> {
  return zstdCompress(encodeLines(lines, onDigest));
}

async function* encodeLines(
  lines: AsyncIterable<ExportLine>,
  onDigest: (digest: string) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let text = `${JSON.stringify(header)}\n`;
  const cut = (): Buffer => {
    const piece = Buffer.from(text);
    hash.update(piece);
    text = '';
    return piece;
  };
  for await (const line of lines) {
    text += `${JSON.stringify(line)}\n`;
    if (text.length >= pieceChars) yield cut();
  }
  yield cut();
  const digest = `sha256:${hash.digest('hex')}`;
  onDigest(digest);
  yield Buffer.from(`${JSON.stringify({ digest })}\n`);
}

/**
 * Reads a file to its end and returns its digest. Throws `feed-corrupt` if it is not an export file, is incomplete, or differs from its
 * digest.
 */
export async function verifyExport(file: ExportFile): Promise<string> {
  const hash = createHash('sha256');
  let statedDigest: string | undefined;
  let number = 0;
  for await (const line of rawLines(file)) {
    if (++number === 1) checkHeader(line, file);
    if (statedDigest !== undefined) throw damaged(file, 'data follows its last line');
    statedDigest = trailerDigest(line);
    if (statedDigest === undefined) hash.update(line).update('\n');
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (statedDigest === undefined) throw damaged(file, 'its last line is missing');
  if (statedDigest !== digest)
    throw damaged(file, `its content has the digest ${digest}, not ${statedDigest}`);
  return digest;
}

/** Returns the digest of the last line. Undefined for any other line. */
function trailerDigest(line: Buffer): string | undefined {
  return line.length > 100 ? undefined : z.safeParse(trailer, tryParseJson(line)).data?.digest;
}

/** Yields the lines of a verified file. */
export async function* readExportLines(file: ExportFile): AsyncGenerator<ExportLine> {
  let number = 0;
  for await (const line of rawLines(file)) {
    if (++number === 1 || trailerDigest(line) !== undefined) continue;
    try {
      yield parseExportLine(tryParseJson(line), `line ${number}`);
    } catch (error) {
      if (!(error instanceof UnexpectedContent)) throw error;
      throw unusable(
        file,
        `${error.place} is not valid: ${error.message}. The feeds before it were imported.`,
        error,
      );
    }
  }
}

async function* rawLines(file: ExportFile): AsyncGenerator<Buffer> {
  try {
    yield* linesOf(inflateStream(file.content(), file.name), limits.feedRecordBytes);
  } catch (error) {
    if (error instanceof LineError) throw damaged(file, `byte ${error.position}: ${error.message}`, error);
    if (error instanceof InflateError)
      throw damaged(file, `byte ${error.position} of the compressed data: ${error.reason}`, error);
    throw error;
  }
}

function tryParseJson(line: Buffer): unknown {
  try {
    return parseJson(line, (fault) => new Error(fault));
  } catch {
    return undefined;
  }
}

function checkHeader(line: Buffer, file: ExportFile): void {
  const found = z.safeParse(
    z.object({ clair: z.literal(header.clair), version: z.number() }),
    tryParseJson(line),
  );
  if (!found.success) throw damaged(file, 'it was not written by clair db export');
  if (found.data.version === header.version) return;
  throw damaged(
    file,
    `it has format version ${found.data.version}, but this version of clair reads only version ${header.version}`,
  );
}

function damaged({ name }: Pick<ExportFile, 'name'>, what: string, cause?: unknown): ClairError {
  return unusable({ name }, `${what}. Nothing was imported.`, cause);
}

function unusable({ name }: Pick<ExportFile, 'name'>, what: string, cause?: unknown): ClairError {
  return new ClairError('feed-corrupt', `${name} cannot be imported: ${what}`, { cause });
}

/** Compresses the content as one zstd frame. Fails if the content fails. */
export async function* zstdCompress(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const compress = createZstdCompress();
  const fed = pipeline(Readable.from(content, { objectMode: false }), compress);
  // The stream itself passes the failure on to its reader.
  fed.catch(() => undefined);
  yield* compress as AsyncIterable<Uint8Array>;
  await fed;
}
