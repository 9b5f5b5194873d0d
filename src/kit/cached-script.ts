import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** A script that ran once, to the value of its last expression. */
export interface CachedScript {
  readonly value: unknown;
  /** Keeps what was compiled until now for the next run, unless something is kept already. */
  readonly saveCache: () => void;
}

/**
 * Runs a script in the global context, with the compiled code of an earlier run where there is any. Other than `enableCompileCache` of
 * Node, which keeps what compiles before the first line runs, this keeps the functions that a run has come to need.
 *
 * `kept` is the file of the compiled code. Its directory has to be of this very text, since V8 compares no more than the length; other
 * directories beside it are of other texts, and go. Code of another V8 or of other flags is refused by V8, and then not used. A script cannot
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
 * V8 sees that code is cut off, but not that its bytes are others: it appears when it is whole on disk. Where it cannot, nothing is lost.
 * `writeFileAtomically` would be loaded by every start, and is for what others may read.
 */
function writeCache(path: string, code: Buffer): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
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
    // It is in nobody's way.
  }
}
