import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { LineError, linesOf } from '../../kit/bytes/lines.ts';
import { UnexpectedContent } from '../../kit/corrupt-feed.ts';
import { InflateError } from '../../kit/decompress/inflate-error.ts';
import { inflated } from '../../kit/decompress/inflated.ts';
import { ClairError } from '../../kit/errors.ts';
import { parseJson } from '../../kit/json/json-document.ts';
import { limits } from '../../kit/limits.ts';
import { zstdCompressed } from '../../kit/zstd-compressed.ts';
import { type CarriedLine, carriedLine } from './carried-lines.ts';

/**
 * A file that carries what a store knows of all feeds: lines of JSON in a zstd frame. The first names the format, the last has the
 * SHA-256 of all before it, without which the file is not whole.
 */
const heading = { clair: 'database', version: 1 } as const;

const seal = z.strictObject({ digest: z.string() });

/** A file to be read, more than once. */
export interface DatabaseFile {
  readonly name: string;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** Lines gathered before they are compressed: the fewer pieces, the faster. */
const pieceChars = 64 * 1024;

/** The bytes of a file of these lines; `onDigest` is told the digest before the last of them. */
export function sealed(
  lines: AsyncIterable<CarriedLine>,
  onDigest: (digest: string) => void,
): AsyncIterable<Uint8Array> {
  return zstdCompressed(written(lines, onDigest));
}

async function* written(
  lines: AsyncIterable<CarriedLine>,
  onDigest: (digest: string) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let text = `${JSON.stringify(heading)}\n`;
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
export async function verify(file: DatabaseFile): Promise<string> {
  const hash = createHash('sha256');
  let sealedAs: string | undefined;
  let number = 0;
  for await (const line of rawLines(file)) {
    if (++number === 1) expectHeading(line, file);
    if (sealedAs !== undefined) throw damaged(file, 'something follows its end');
    sealedAs = digestIn(line);
    if (sealedAs === undefined) hash.update(line).update('\n');
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (sealedAs === undefined) throw damaged(file, 'its end is missing');
  if (sealedAs !== digest)
    throw damaged(file, `its content has the digest ${digest}, and it should be ${sealedAs}`);
  return digest;
}

/** The digest that a line ends the file with. Other short lines are other JSON. */
function digestIn(line: Buffer): string | undefined {
  return line.length > 100 ? undefined : z.safeParse(seal, parsed(line)).data?.digest;
}

/** What the lines of a verified file say. */
export async function* linesIn(file: DatabaseFile): AsyncGenerator<CarriedLine> {
  let number = 0;
  for await (const line of rawLines(file)) {
    if (++number === 1 || digestIn(line) !== undefined) continue;
    try {
      yield carriedLine(parsed(line), `line ${number}`);
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

async function* rawLines(file: DatabaseFile): AsyncGenerator<Buffer> {
  try {
    yield* linesOf(inflated(file.content(), file.name), limits.feedRecordBytes);
  } catch (error) {
    if (error instanceof LineError) throw damaged(file, `byte ${error.position}: ${error.message}`, error);
    if (error instanceof InflateError)
      throw damaged(file, `byte ${error.position} of the compressed data: ${error.reason}`, error);
    throw error;
  }
}

function parsed(line: Buffer): unknown {
  try {
    return parseJson(line, (fault) => new Error(fault));
  } catch {
    return undefined;
  }
}

function expectHeading(line: Buffer, file: DatabaseFile): void {
  const found = z.safeParse(z.object({ clair: z.literal(heading.clair), version: z.number() }), parsed(line));
  if (!found.success) throw damaged(file, 'it is not what clair db export writes');
  if (found.data.version === heading.version) return;
  throw damaged(file, `it was written in the form ${found.data.version} by another version of clair`);
}

function damaged({ name }: Pick<DatabaseFile, 'name'>, what: string, cause?: unknown): ClairError {
  return unusable({ name }, `${what}. Nothing of it was taken.`, cause);
}

function unusable({ name }: Pick<DatabaseFile, 'name'>, what: string, cause?: unknown): ClairError {
  return new ClairError('feed-corrupt', `${name} cannot be imported: ${what}`, { cause });
}
