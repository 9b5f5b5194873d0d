import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { makeDirectory } from './make-directory.ts';

/** A script that has run, with the value of its last expression. */
export interface CachedScript {
  readonly value: unknown;
  /** Whether the code of enough runs was saved before. */
  readonly isSaved: boolean;
  /** Saves the code compiled so far for the next run, unless that of enough runs is saved. */
  readonly saveCache: () => void;
}

/** Number of runs that save their code. Each adds the functions that it is the first to call. */
const savingRuns = 4;

/**
 * Runs a script in the global context, with the compiled code of an earlier run if there is any. `enableCompileCache` of Node saves the
 * code that is compiled before the first line runs. This also saves the functions that a run compiled later.
 *
 * The first run may do what others do not, such as to load feeds. So the next ones save their code, too, and with it that of the first.
 *
 * `cachePath` begins the name of the file with the compiled code. Its directory must belong to this very script text, since V8 compares only
 * the length. Other directories beside it belong to other texts and are removed. V8 rejects code of another V8 or of other flags, which the
 * next code replaces. A script cannot import modules by itself.
 *
 * V8 frees code that has not run for a while. A run that saves its code keeps it: without that code, each later run takes up to twice the CPU.
 */
export function runCachedScript(path: string, cachePath: string): CachedScript {
  const { runs: savedRuns, code: cachedData } = newestCache(cachePath);
  const script = new Script(readFileSync(path, 'utf8'), { filename: path, cachedData });
  const runs = script.cachedDataRejected === true ? 0 : savedRuns;
  // Not before, because V8 takes code for the same flags only.
  if (runs < savingRuns) setFlagsFromString('--no-flush-bytecode');
  return {
    value: script.runInThisContext(),
    isSaved: runs >= savingRuns,
    saveCache: () => {
      if (runs >= savingRuns) return;
      setFlagsFromString('--flush-bytecode');
      writeCache(fileOf(cachePath, runs + 1), script.createCachedData());
      if (savedRuns > 0 && savedRuns !== runs + 1) remove(fileOf(cachePath, savedRuns));
    },
  };
}

/** Returns the code that was saved last, and the number of runs that have saved theirs. */
function newestCache(cachePath: string): { readonly runs: number; readonly code: Buffer | undefined } {
  for (let runs = savingRuns; runs > 0; runs--) {
    const code = contentOf(fileOf(cachePath, runs));
    if (code !== undefined) return { runs, code };
  }
  return { runs: 0, code: undefined };
}

function fileOf(cachePath: string, runs: number): string {
  return `${cachePath}-${runs}`;
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
