import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { makeDirectory } from './make-directory.ts';

/** A script that has run, with the value of its last expression. */
export interface CachedScript {
  readonly value: unknown;
  /** Saves the code compiled so far for the next run, unless a cache exists. */
  readonly saveCache: () => void;
}

/**
 * Runs a script in the global context, with the compiled code of an earlier run if there is any. `enableCompileCache` of Node saves the
 * code that is compiled before the first line runs. This also saves the functions that a run compiled later.
 *
 * `cachePath` is the file of the compiled code. Its directory must belong to this very script text, since V8 compares only the length.
 * Other directories beside it belong to other texts and are removed. V8 rejects code of another V8 or of other flags. A script cannot
 * import modules by itself.
 */
export function runCachedScript(path: string, cachePath: string): CachedScript {
  const cachedData = contentOf(cachePath);
  const script = new Script(readFileSync(path, 'utf8'), { filename: path, cachedData });
  return {
    value: script.runInThisContext(),
    saveCache: () => {
      if (cachedData === undefined) writeCache(cachePath, script.createCachedData());
    },
  };
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/**
 * V8 detects code that is cut off, but not changed bytes. So the file appears only when it is complete on disk. A failure to write it is
 * ignored. `writeFileAtomically` is not used: every start would load it, and it makes files that others may read.
 */
function writeCache(path: string, code: Buffer): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    makeDirectory(dirname(path), 0o700);
    writeFileSync(temporary, code, { mode: 0o600, flush: true });
    renameSync(temporary, path);
    removeStaleCaches(dirname(path));
  } catch {
    remove(temporary);
  }
}

function removeStaleCaches(directory: string): void {
  const parent = dirname(directory);
  for (const name of readdirSync(parent)) if (join(parent, name) !== directory) remove(join(parent, name));
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A remaining file does no harm.
  }
}
