import { createReadStream } from 'node:fs';
import { ClairError, type ErrorCode, messageOf } from '../core/errors.ts';
import { type LimitName, limits } from '../core/limits.ts';
import { readAllBytes } from '../kit/bytes/read-all-bytes.ts';

/** Stands for standard input where a file may be named. */
export const standardInput = '-';

/** What a file is read as. */
export interface ReadFileOptions {
  /** How many bytes it may have. */
  readonly limit: LimitName;
  /** What it is called where it cannot be read. */
  readonly code: ErrorCode;
}

/** A file that a command line names, a pipe or standard input, as a whole: no more is read of it than allowed. Throws `limit-exceeded`, and its code for what cannot be read. */
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
