import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { LineError, linesOf } from '../../kit/bytes/lines.ts';
import { InflateError } from '../../kit/decompress/inflate-error.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { parseJson } from '../../kit/json/json-document.ts';
import { zstdCompress } from '../../kit/zstd-compress.ts';
import { type ExportLine, parseExportLine } from './export-format.ts';

/**
 * A file that carries what a store knows of all feeds: lines of JSON in a zstd frame. The first names the format, the last has the
 * SHA-256 of all before it, without which the file is not whole.
 */
const header = { clair: 'database', version: 1 } as const;

const trailer = z.strictObject({ digest: z.string() });

/** A file to be read, more than once. */
export interface ExportFile {
  readonly name: string;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** Lines gathered before they are compressed: the fewer pieces, the faster. */
const pieceChars = 64 * 1024;

/** The bytes of a file of these lines; `onDigest` is told the digest before the last of them. */
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
 * Reads a file to its end and answers its digest. Throws `feed-corrupt` when it is no such file, is not whole or is not what was
 * written.
 */
export async function verifyExport(file: ExportFile): Promise<string> {
  const hash = createHash('sha256');
  let statedDigest: string | undefined;
  let number = 0;
  for await (const line of rawLines(file)) {
    if (++number === 1) checkHeader(line, file);
    if (statedDigest !== undefined) throw damaged(file, 'something follows its end');
    statedDigest = trailerDigest(line);
    if (statedDigest === undefined) hash.update(line).update('\n');
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (statedDigest === undefined) throw damaged(file, 'its end is missing');
  if (statedDigest !== digest)
    throw damaged(file, `its content has the digest ${digest}, and it should be ${statedDigest}`);
  return digest;
}

/** The digest that a line ends the file with. Other short lines are other JSON. */
function trailerDigest(line: Buffer): string | undefined {
  return line.length > 100 ? undefined : z.safeParse(trailer, tryParseJson(line)).data?.digest;
}

/** What the lines of a verified file say. */
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
        `${error.place} is not understood: ${error.message}. What stands before it was taken.`,
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
  if (!found.success) throw damaged(file, 'it is not what clair db export writes');
  if (found.data.version === header.version) return;
  throw damaged(file, `it was written in the form ${found.data.version} by another version of clair`);
}

function damaged({ name }: Pick<ExportFile, 'name'>, what: string, cause?: unknown): ClairError {
  return unusable({ name }, `${what}. Nothing of it was taken.`, cause);
}

function unusable({ name }: Pick<ExportFile, 'name'>, what: string, cause?: unknown): ClairError {
  return new ClairError('feed-corrupt', `${name} cannot be imported: ${what}`, { cause });
}
