import { closeSync, fstatSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { isSystemError } from '../core/system-error.ts';
import { standardInput } from './read-file.ts';

/** Standard input as a file on disk, which is gone when this process ends. */
export interface SpooledInput {
  /** The target with the file in place of `-`. */
  readonly target: string;
  readonly path: string;
}

/** What `-` may follow: the kinds of targets that are one file. */
const fileKinds: ReadonlySet<string> = new Set(['docker-archive', 'oci-archive', 'rootfs-tar', 'aci']);

/** Whether a target is standard input: `-`, or `docker-archive:-` and its like. */
export function isStandardInput(target: string): boolean {
  const [, kind, rest] = /^(?:([a-z-]+):)?(-(?::.*)?)$/s.exec(target) ?? [];
  if (rest === undefined) return false;
  return kind === undefined ? rest === standardInput : fileKinds.has(kind);
}

/**
 * Writes standard input to a temporary file, since images are read back and forth. Throws `usage` for a terminal, `limit-exceeded`, and
 * `target-unreadable` where it cannot be read or kept.
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

/** Fills a file and answers the path that it is read by. */
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
 * Sees to it that the file is gone when this process ends. Linux reads a file that is removed already by its number, which holds also where
 * the process is killed.
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
    const message = `standard input cannot be kept in ${tmpdir()}: ${messageOf(error)}; set TMPDIR to a directory with room for it`;
    throw new ClairError('target-unreadable', message, { cause: error });
  }
}

/** Runs `work` on the file at `path`. Messages about the file are messages about standard input. */
export async function withStandardInputErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ClairError)) throw error;
    const { code, message, limit } = error;
    throw new ClairError(code, message.replaceAll(path, 'standard input'), { cause: error, limit });
  }
}
