import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutant } from './mutants.ts';
import { root } from './sources.ts';

/** CPU time limit of a test run in seconds. A mutant with an endless loop exceeds it and counts as detected. */
const processorSeconds = 15;
/** Time limit of a test run in milliseconds, for mutants that wait forever. */
const timeoutMs = 60_000;
const hook = join(import.meta.dirname, 'load-hook.ts');

/** Runs the tests of a folder, each in its own process, optionally with a mutant instead of a file. Changes no file. */
export class FolderTests implements Disposable {
  /** URLs of the modules that each test file loads. A test can detect only mutants of these. */
  readonly #loaded: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #scratch = mkdtempSync(join(tmpdir(), 'clair-mutants-'));

  /** Throws if a test fails without a mutant, since it would detect every mutant. */
  constructor(folder: string) {
    const tests = globSync(`${folder}/**/*.test.ts`, { cwd: root }).sort();
    this.#loaded = new Map(tests.map((test) => [test, this.#loadedBy(test)]));
  }

  /**
   * Returns whether a test fails with the mutant. Runs the test of the same file first, then those of its folder, which are most likely
   * to fail.
   */
  detects({ path, text }: Mutant): boolean {
    const url = urlOf(path);
    const mutant = join(this.#scratch, 'mutant.ts');
    writeFileSync(mutant, text);
    return [...this.#loaded]
      .filter(([, loaded]) => loaded.has(url))
      .map(([test]) => test)
      .sort((a, b) => distance(a, path) - distance(b, path))
      .some((test) => !this.#passes(test, { MUTATED: url, MUTANT: mutant }));
  }

  [Symbol.dispose](): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  #loadedBy(test: string): ReadonlySet<string> {
    const list = join(this.#scratch, 'loaded');
    writeFileSync(list, '');
    if (!this.#passes(test, { LOADED_TO: list })) throw new Error(`${test} fails without a mutant`);
    return new Set(readFileSync(list, 'utf8').split('\n'));
  }

  #passes(test: string, variables: Readonly<Record<string, string>>): boolean {
    const node = [
      process.execPath,
      '--import',
      hook,
      '--test',
      '--test-isolation=none',
      '--test-reporter=dot',
      test,
    ];
    const bounded = ['-c', 'ulimit -t "$0" && exec "$@"', String(processorSeconds), ...node];
    // Unchanged modules are compiled once.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(this.#scratch, 'compiled'), ...variables };
    // An endless loop handles no other signal.
    const ending = { timeout: timeoutMs, killSignal: 'SIGKILL' } as const;
    return spawnSync('sh', bounded, { cwd: root, env, stdio: 'ignore', ...ending }).status === 0;
  }
}

function distance(test: string, path: string): number {
  if (test === path.replace(/\.ts$/, '.test.ts')) return 0;
  return dirname(test) === dirname(path) ? 1 : 2;
}

function urlOf(path: string): string {
  return pathToFileURL(join(root, path)).href;
}
