/**
 * Runs the gates one after the other and stops at the first that fails:
 *
 *     node .ci/gates.ts [GATE…]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const root = resolve(import.meta.dirname, '..');
const test = ['node', '--import', './.ci/uncaught.ts', '--test', '--test-isolation=none'];

/** Gates whose files two processes share. Their tests often wait for other processes. */
const sharedByTwo = new Set(['unit', 'end to end']);

/** Parts of their files. More than two, so that no process waits long for the other; few, since each part starts a database. */
const shards = 4;

/** Lines of a failed part that are printed again at the end of its gate. */
const repeatedLines = 100;

const gates: readonly (readonly [name: string, ...command: string[]])[] = [
  ['format', 'biome', 'ci', '--colors=off', '.'],
  ['types', 'tsc', '--noEmit'],
  ['types of the console', 'tsc', '--noEmit', '--project', 'ui'],
  ['lint', 'eslint', '.', '--max-warnings', '0'],
  ['imports', 'depcruise', 'src', 'ui/src'],
  ['dead code', 'knip'],
  ['docs', 'typedoc'],
  ['repository', ...test, 'test/repository/*.test.ts'],
  ['unit', ...test, 'src/**/*.test.ts'],
  ['postgresql 15', 'node', 'tools/oldest-postgres.ts'],
  ['node 22', 'node', 'tools/oldest-node.ts'],
  ['end to end', ...test, 'test/e2e/*.test.ts'],
  ['console', ...test, 'test/console/*.test.ts'],
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

for (const [name, ...command] of gates) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`== ${name}`);
  const started = performance.now();
  const isPassed = sharedByTwo.has(name) ? await runShards(command) : await isSuccess(start(command));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (!isPassed) fail(`== ${name} failed after ${seconds} s`);
  console.log(`== ${name} passed in ${seconds} s`);
}

/** Runs the parts of the files, two at a time. Prints the output of each part at its end, and the failures again at the very end. */
async function runShards(command: readonly string[]): Promise<boolean> {
  const waiting = Array.from({ length: shards }, (_, index) => index + 1);
  const failures: string[] = [];
  const runWaiting = async (): Promise<void> => {
    for (let shard = waiting.shift(); shard !== undefined; shard = waiting.shift()) {
      const failure = await runShard(command, shard);
      if (failure !== undefined) failures.push(failure);
    }
  };
  await Promise.all([runWaiting(), runWaiting()]);
  process.stdout.write(failures.join(''));
  return failures.length === 0;
}

/** Returns how a part failed, or nothing if it passed. */
async function runShard([node = '', ...args]: readonly string[], shard: number): Promise<string | undefined> {
  const child = start([node, `--test-shard=${shard}/${shards}`, ...args], 'pipe');
  const output = child.stdout === null ? '' : text(child.stdout);
  const isPassed = await isSuccess(child);
  const printed = await output;
  process.stdout.write(printed);
  if (isPassed) return undefined;
  const end = child.signalCode ?? `code ${child.exitCode}`;
  return `== part ${shard} of ${shards} ended with ${end}\n${withoutPasses(printed)}\n`;
}

/** The last lines without those of passed tests: errors, messages of the test runner, and its report of failed tests. */
function withoutPasses(printed: string): string {
  const lines = printed.split('\n').filter((line) => !/^\s*(?:✔|▶|$)/u.test(line));
  return lines.slice(-repeatedLines).join('\n');
}

function start(
  [command = '', ...args]: readonly string[],
  stdout: 'inherit' | 'pipe' = 'inherit',
): ChildProcess {
  return spawn(command, args, { cwd: root, env, stdio: ['inherit', stdout, 'inherit'] });
}

/** Returns whether a process ended with 0. Throws if it does not start. */
async function isSuccess(child: ChildProcess): Promise<boolean> {
  await once(child, 'close');
  return child.exitCode === 0;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
