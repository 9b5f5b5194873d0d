import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Mutant, mutantsOf } from './mutants.ts';
import { productSources, root } from './sources.ts';

/** How many of some mutants of a folder its tests notice. */
export interface MutationScore {
  readonly folder: string;
  /** That there are, and that were tried. */
  readonly all: number;
  readonly tried: number;
  readonly noticed: number;
  /** `path:line was → is`. */
  readonly missed: readonly string[];
}

/** A test that takes longer than this goes round in a circle, which is noticed as well. */
const timeoutMs = 60_000;

/**
 * Tries so many mutants of a folder, evenly spread over all of them, on the tests of the folder they are in: a process each, which reads the
 * mutant in place of the file. The files themselves are not touched.
 */
export function mutationScore(folder: string, count: number): MutationScore {
  const all = productSources()
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .flatMap(mutantsOf);
  const step = Math.max(1, all.length / count);
  const tried = Array.from(
    { length: Math.min(count, all.length) },
    (_, i) => all[Math.floor(i * step)],
  ).filter((mutant) => mutant !== undefined);
  const missed = tried.filter((mutant) => !isNoticed(mutant, folder));
  return {
    folder,
    all: all.length,
    tried: tried.length,
    noticed: tried.length - missed.length,
    missed: missed.map(({ path, line, was, is }) => `${path}:${line} ${was} → ${is}`),
  };
}

function isNoticed({ path, text }: Mutant, folder: string): boolean {
  const place = mkdtempSync(join(tmpdir(), 'clair-mutant-'));
  try {
    const hook = join(place, 'hook.mjs');
    writeFileSync(join(place, 'mutant.ts'), text);
    writeFileSync(hook, hookFor(join(root, path), join(place, 'mutant.ts')));
    for (const tests of testsOf(path, folder)) {
      const args = ['--import', hook, '--test', '--test-isolation=none', '--test-reporter=dot', ...tests];
      // A circle hears no other signal.
      const ending = { timeout: timeoutMs, killSignal: 'SIGKILL' } as const;
      const run = spawnSync(process.execPath, args, { cwd: root, stdio: 'ignore', ...ending });
      if (run.status !== 0) return true;
    }
    return false;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Its own tests first, which are likeliest to notice; then all of the folder. */
function testsOf(path: string, folder: string): string[][] {
  const own = path.replace(/\.ts$/, '.test.ts');
  const all = globSync(`${folder}/**/*.test.ts`, { cwd: root }).filter((test) => test !== own);
  const near = all.filter((test) => dirname(test) === dirname(path));
  const far = all.filter((test) => !near.includes(test));
  return [existsSync(join(root, own)) ? [own] : [], near, far].filter((tests) => tests.length > 0);
}

function hookFor(path: string, mutant: string): string {
  return `import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
const target = pathToFileURL(${JSON.stringify(path)}).href;
const source = readFileSync(${JSON.stringify(mutant)}, 'utf8');
registerHooks({
  load(url, context, next) {
    return url === target ? { format: 'module-typescript', source, shortCircuit: true } : next(url, context);
  },
});
`;
}
