import { createReadStream } from 'node:fs';
import { ClairError, type ErrorCode, messageOf } from '../core/errors.ts';
import { type LimitName, limits } from '../core/limits.ts';
import { readAllBytes } from '../kit/bytes/bytes.ts';

/** Name of standard input in place of a file. */
export const standardInput = '-';

/** Options of `readInputFile`. */
export interface ReadFileOptions {
  /** The limit of its size, in bytes. */
  readonly limit: LimitName;
  /** The error code if it cannot be read. */
  readonly code: ErrorCode;
}

/** Reads a whole file, a pipe or standard input, up to a limit. Throws `limit-exceeded`, or `code` if it cannot be read. */
export async function readInputFile(path: string, { limit, code }: ReadFileOptions): Promise<Buffer> {
  const isInput = path === standardInput;
  const name = isInput ? 'standard input' : path;
  const tooMuch = (): ClairError =>
    new ClairError('limit-exceeded', `${name} has more than ${limits[limit]} bytes`, { limit });
  try {
    const stream: AsyncIterable<Buffer> = isInput ? process.stdin : createReadStream(path);
    return await readAllBytes(stream, limits[limit], tooMuch);
  } catch (error) {
    if (error instanceof ClairError) throw error;
    throw new ClairError(code, `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
