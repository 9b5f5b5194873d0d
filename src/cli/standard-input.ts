import { closeSync, fstatSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { isSystemError } from '../core/system-error.ts';
import { standardInput } from './read-file.ts';

/** Standard input as a temporary file, which is removed when this process ends. */
export interface SpooledInput {
  /** The target with the path of the file instead of `-`. */
  readonly target: string;
  readonly path: string;
}

/** Prefixes of targets that may precede `-`, because they are single files. */
const fileKinds: ReadonlySet<string> = new Set(['docker-archive', 'oci-archive', 'rootfs-tar', 'aci']);

/** Returns whether a target is standard input: `-`, or `-` after a prefix such as `docker-archive:`. */
export function isStandardInput(target: string): boolean {
  const [, kind, rest] = /^(?:([a-z-]+):)?(-(?::.*)?)$/s.exec(target) ?? [];
  if (rest === undefined) return false;
  return kind === undefined ? rest === standardInput : fileKinds.has(kind);
}

/**
 * Writes standard input to a temporary file, because images need random access. Throws `usage` for a terminal, `limit-exceeded`, and
 * `target-unreadable` if it cannot be read or stored.
 */
export async function spoolInput(target: string): Promise<SpooledInput> {
  if (process.stdin.isTTY)
    throw new ClairError(
      'usage',
      'standard input is a terminal: pipe an image into it, as in docker save IMAGE | clair scan -',
    );
  if (process.stdin.readableEnded)
    throw new ClairError('usage', 'standard input can be read once: name a file for one of the targets');
  const path = join(tmpdir(), `clair-input-${crypto.randomUUID()}`);
  const place = await fill(path);
  return { target: target.replace(/(^|:)-/, `$1${place}`), path: place };
}

/** Writes standard input to a file and returns the path for reading it. */
async function fill(path: string): Promise<string> {
  const file = withSpoolErrors(() => openSync(path, 'wx+', 0o600));
  const place = removeOnExit(path, file);
  let bytes = 0;
  for await (const chunk of inputChunks()) {
    bytes += chunk.length;
    if (bytes > limits.spooledInputBytes)
      throw new ClairError(
        'limit-exceeded',
        `standard input has more than ${limits.spooledInputBytes} bytes`,
        {
          limit: 'spooledInputBytes',
        },
      );
    withSpoolErrors(() => {
      for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
    });
  }
  if (bytes === 0)
    throw new ClairError('target-corrupt', 'standard input is empty: did the command before it fail?');
  if (place === path) closeSync(file);
  return place;
}

/**
 * Removes the file when this process ends. On Linux it removes the file at once and returns its path in `/proc/self/fd`, so that nothing
 * remains after a kill.
 */
function removeOnExit(path: string, file: number): string {
  const byNumber = `/proc/self/fd/${file}`;
  if (process.platform === 'linux' && isSame(byNumber, file)) {
    rmSync(path);
    return byNumber;
  }
  process.once('exit', () => {
    rmSync(path, { force: true });
  });
  return path;
}

function isSame(path: string, file: number): boolean {
  try {
    const other = openSync(path, 'r');
    const isEqual = fstatSync(other).ino === fstatSync(file).ino;
    closeSync(other);
    return isEqual;
  } catch {
    return false; // /proc is not mounted
  }
}

async function* inputChunks(): AsyncGenerator<Buffer> {
  try {
    yield* process.stdin as AsyncIterable<Buffer>;
  } catch (error) {
    throw new ClairError('target-unreadable', `standard input cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function withSpoolErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const message = `standard input cannot be stored in ${tmpdir()}: ${messageOf(error)}; set TMPDIR to a directory with enough free space`;
    throw new ClairError('target-unreadable', message, { cause: error });
  }
}

/** Replaces the path of the temporary file in an error by `standard input`. Returns other errors unchanged. */
export function toStandardInputError(error: unknown, path: string | undefined): unknown {
  if (path === undefined || !(error instanceof ClairError)) return error;
  const { code, message, limit } = error;
  return new ClairError(code, message.replaceAll(path, 'standard input'), { cause: error, limit });
}
