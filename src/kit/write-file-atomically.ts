import {
  closeSync,
  createWriteStream,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  type WriteStream,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
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
    return isSpecialFile(path)
      ? await stream(createWriteStream(path), content)
      : await writeTemporary(path, content);
  } catch (error) {
    if (!isSystemFailure(error)) throw error;
    throw new ClairError('output-failed', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

function isSpecialFile(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
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
    const bytes =
      Symbol.iterator in content ? write(draft, content) : await stream(openDraft(draft), content);
    renameSync(draft, path);
    return bytes;
  } catch (error) {
    remove();
    throw error;
  } finally {
    process.off('exit', remove);
  }
}

/** Writes content that does not wait. Streams and promises of files take a tenth of a small scan, most of it to load them. */
function write(path: string, content: Iterable<Uint8Array>): number {
  const file = openSync(path, 'w');
  try {
    let bytes = 0;
    for (const piece of content) {
      writeFileSync(file, piece);
      bytes += piece.length;
    }
    fsyncSync(file);
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** Opens a draft at once. A stream opens its file later, so that a draft could appear after its removal if the content fails early. */
function openDraft(path: string): WriteStream {
  return createWriteStream(path, { fd: openSync(path, 'w'), flush: true });
}

/** Writes content that arrives later. Pipes are written like this, too, since to open one may wait for its reader. */
async function stream(file: WriteStream, content: Content): Promise<number> {
  await pipeline(content, file);
  return file.bytesWritten;
}

/** Errors of the content already have a message. Only refusals of the operating system are about the file. */
function isSystemFailure(error: unknown): boolean {
  return error instanceof Error && !(error instanceof ClairError) && 'syscall' in error;
}
