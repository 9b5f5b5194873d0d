import { createWriteStream, rmSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ClairError, messageOf } from '../core/errors.ts';
import { makeDirectory } from './make-directory.ts';

type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes a file that appears completely or not at all, and creates missing directories. A special file such as `/dev/stdout` or a pipe is
 * written to directly. Returns the number of bytes. Throws `output-failed` if it cannot be written, and any error of the content.
 */
export async function writeFileAtomically(path: string, content: Content): Promise<number> {
  try {
    return (await isSpecialFile(path))
      ? await write(path, content, false)
      : await writeTemporary(path, content);
  } catch (error) {
    if (!isSystemFailure(error)) throw error;
    throw new ClairError('output-failed', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

async function isSpecialFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

async function writeTemporary(path: string, content: Content): Promise<number> {
  // Each process has its own draft, so two may write the same file.
  const draft = `${path}.${process.pid}.part`;
  const remove = (): void => {
    rmSync(draft, { force: true });
  };
  // The process may exit during the write.
  process.once('exit', remove);
  try {
    makeDirectory(dirname(path));
    const bytes = await write(draft, content, true);
    await rename(draft, path);
    return bytes;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    process.off('exit', remove);
  }
}

async function write(path: string, content: Content, flush: boolean): Promise<number> {
  const file = createWriteStream(path, { flush });
  await pipeline(Readable.from(content, { objectMode: false }), file);
  return file.bytesWritten;
}

/** Errors of the content already have a message. Only refusals of the operating system are about the file. */
function isSystemFailure(error: unknown): boolean {
  return error instanceof Error && !(error instanceof ClairError) && 'syscall' in error;
}
