import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ClairError, messageOf } from './errors.ts';

/**
 * Writes a file that appears whole or not at all, in directories that are made where they are missing. Answers how many bytes it
 * has. Throws `output-failed` where it cannot be written, and whatever reading the content throws.
 */
export async function replaceFile(
  path: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  // Of two processes that write the same file, each has a draft of its own.
  const draft = `${path}.${process.pid}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = createWriteStream(draft, { flush: true });
    await pipeline(Readable.from(content, { objectMode: false }), file);
    await rename(draft, path);
    return file.bytesWritten;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    if (!isFromSystem(error)) throw error;
    throw new ClairError('output-failed', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

/** Reading is expected to have put its own failures into words. */
function isFromSystem(error: unknown): boolean {
  return error instanceof Error && !(error instanceof ClairError) && 'syscall' in error;
}
