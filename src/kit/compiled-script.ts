import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** A script that ran once, to the value of its last expression. */
export interface CompiledScript {
  readonly value: unknown;
  /** Keeps what was compiled until now for the next run, unless something is kept already. */
  readonly keep: () => void;
}

/**
 * Runs a script in the global context, with the compiled code of an earlier run where there is any. Other than `enableCompileCache` of
 * Node, which keeps what compiles before the first line runs, this keeps the functions that a run has come to need.
 *
 * `kept` is the file of the compiled code. Its directory has to be of this very text, since V8 compares no more than the length; other
 * directories beside it are of other texts, and go. Code of another V8 or of other flags is refused by V8, and then not used. A script cannot
 * import modules by itself.
 */
export function compiledScript(path: string, kept: string): CompiledScript {
  const cachedData = contentOf(kept);
  const script = new Script(readFileSync(path, 'utf8'), { filename: path, cachedData });
  return {
    value: script.runInThisContext(),
    keep: () => {
      if (cachedData === undefined) keepWhole(kept, script.createCachedData());
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
 * `replaceFile` would be loaded by every start, and is for what others may read.
 */
function keepWhole(path: string, code: Buffer): void {
  const draft = `${path}.${process.pid}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(draft, code, { mode: 0o600, flush: true });
    renameSync(draft, path);
    removeOthers(dirname(path));
  } catch {
    remove(draft);
  }
}

function removeOthers(directory: string): void {
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
