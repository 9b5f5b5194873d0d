/**
 * Runs the gates one after the other and stops at the first that fails:
 *
 *     node .ci/gates.ts [GATE…]
 */
import { spawnSync } from 'node:child_process';
import { delimiter, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const test = ['node', '--test', '--test-isolation=none'];

const gates: readonly (readonly [name: string, ...command: string[]])[] = [
  ['format', 'biome', 'ci', '--colors=off', '.'],
  ['types', 'tsc', '--noEmit'],
  ['lint', 'eslint', '.', '--max-warnings', '0'],
  ['imports', 'depcruise', 'src'],
  ['dead code', 'knip'],
  ['docs', 'typedoc'],
  ['repository', ...test, 'test/repository/*.test.ts'],
  ['unit', ...test, 'src/**/*.test.ts'],
  ['postgresql 15', 'node', 'tools/oldest-postgres.ts'],
  ['node 22', 'node', 'tools/oldest-node.ts'],
  ['end to end', ...test, 'test/e2e/*.test.ts'],
];

/** Puts the commands of this checkout first, including `node`. */
const env = {
  ...process.env,
  PATH: [resolve(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !gates.some(([gate]) => gate === name));
if (unknown.length > 0)
  fail(`unknown gate ${unknown.join(', ')}; there are ${gates.map(([gate]) => gate).join(', ')}`);

for (const [name, command = '', ...args] of gates) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`== ${name}`);
  const started = performance.now();
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status !== 0)
    fail(`== ${name} failed after ${seconds} s${error === undefined ? '' : `: ${error.message}`}`);
  console.log(`== ${name} passed in ${seconds} s`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
