import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutant } from './mutants.ts';
import { root } from './sources.ts';

/** A test that uses more of a processor than this goes round in a circle, which is noticed as well. */
const processorSeconds = 5;
/** And one that uses none waits for what never comes. */
const timeoutMs = 60_000;
const hook = join(import.meta.dirname, 'load-hook.ts');

/** The tests of a folder, each of which is run in a process of its own that may have a mutant in place of a file. No file is touched. */
export class FolderTests implements Disposable {
  /** What a test file loads, as URLs: it cannot notice anything else. */
  readonly #loaded: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #scratch = mkdtempSync(join(tmpdir(), 'clair-mutants-'));

  /** Throws where a test fails as things are: it would notice every mutant. */
  constructor(folder: string) {
    const tests = globSync(`${folder}/**/*.test.ts`, { cwd: root }).sort();
    this.#loaded = new Map(tests.map((test) => [test, this.#loadedBy(test)]));
  }

  /** Whether a test fails with the mutant. The test beside the file goes first, then those of its folder: they are likeliest to notice. */
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
    if (!this.#passes(test, { LOADED_TO: list })) throw new Error(`${test} fails without a mutant.`);
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
    // What is not changed is compiled once.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(this.#scratch, 'compiled'), ...variables };
    // A circle hears no other signal.
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
