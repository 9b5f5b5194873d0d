/**
 * Runs the gates, three tasks at a time, in the order below, and tests of a browser beside no other tests. Starts nothing more after the first failure:
 *
 *     node .ci/gates.ts [--tools SCRIPT] [--images SCRIPT] [GATE…]
 *
 * With `--tools`, the script installs the native tools of the tests, beside the gates that need none. With `--images`, the script then builds the
 * images of tests into a temporary directory, beside the tests that do not read them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Work that must be done before a task begins: `npm ci`, the installation of native tools, or images that these build. */
type Need = 'packages' | 'tools' | 'images';

/** One command. The files of a gate with many tests are divided among several tasks, since its tests often wait for other processes. */
interface Task {
  readonly name: string;
  readonly command: readonly string[];
  readonly needs: Need;
  /** Whether it runs at the end, when no other tests run. A loaded browser answers too late. */
  readonly isLast: boolean;
}

/** How many tasks the files of a gate are divided among. */
interface Parts {
  readonly parts: number;
  readonly withImages?: number;
  readonly needs?: Need;
  readonly isLast?: boolean;
}

/** Work beside the first tasks, which others wait for. */
interface Preparation {
  /** Resolves at its end, also if it failed. */
  readonly done: Promise<unknown>;
  readonly isDone: boolean;
}

const nothing: Preparation = { done: Promise.resolve(), isDone: true };

const root = resolve(import.meta.dirname, '..');

/** One more than the cores of the smallest machine that the limit of 30 minutes holds for, because tests wait for a third of their time. */
const workers = 3;

/** One for each core: a browser on a loaded machine answers too late. */
const browsers = 2;

/** More than twice as long as the slowest task takes on the smallest machine. */
const taskMinutes = 15;

/** Lines of a failed task that are printed again at the very end. */
const repeatedLines = 100;

/** That of TypeScript 7. It takes a quarter of the time of `typescript`, whose API typedoc needs. */
const compiler = 'node_modules/typescript-7/bin/tsc';

const gates: Readonly<Record<string, readonly Task[]>> = {
  format: task('format', 'biome', 'ci', '--colors=off', '.'),
  types: task('types', 'node', compiler, '--noEmit'),
  'types of the console': task('types of the console', 'node', compiler, '--noEmit', '--project', 'ui'),
  lint: task('lint', 'oxlint', '--deny-warnings'),
  imports: task('imports', 'depcruise', 'src', 'ui/src'),
  'dead code': task('dead code', 'knip'),
  docs: task('docs', 'typedoc'),
  repository: tests('repository', 'test/repository/*.test.ts', { parts: 1, needs: 'packages' }),
  unit: tests('unit', 'src/**/*.test.ts', { parts: 8, withImages: 1 }),
  'postgresql 15': withTools(task('postgresql 15', 'node', 'tools/oldest-postgres.ts')),
  'node 22': task('node 22', 'node', 'tools/oldest-node.ts'),
  'end to end': tests('end to end', 'test/e2e/*.test.ts', { parts: 12, withImages: 2 }),
  console: tests('console', 'test/console/*.test.ts', { parts: 3, isLast: true }),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tools: { type: 'string' }, images: { type: 'string' } },
});
const known = Object.keys(gates);
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) fail(`unknown gate ${unknown.join(', ')}; there are ${known.join(', ')}`);

/** Puts the commands of this checkout first, including `node`. */
const env: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [resolve(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
};

const wanted = known
  .filter((name) => positionals.length === 0 || positionals.includes(name))
  .flatMap((name) => gates[name] ?? []);
const waiting = wanted.filter(({ isLast }) => !isLast);
const failures: string[] = [];
const tools = values.tools === undefined ? nothing : prepare('native tools', ['bash', values.tools]);
const images = values.images === undefined ? nothing : buildImages(values.images);
const preparations: Readonly<Record<Need, Preparation>> = { packages: nothing, tools, images };
await Promise.all([tools.done, images.done, ...Array.from({ length: workers }, runTasks)]);
waiting.push(...wanted.filter(({ isLast }) => isLast));
await Promise.all(Array.from({ length: browsers }, runTasks));
if (failures.length > 0) fail(failures.join('\n'));

function task(name: string, ...command: string[]): Task[] {
  return [{ name, command, needs: 'packages', isLast: false }];
}

function withTools(tasks: readonly Task[]): Task[] {
  return tasks.map((each) => ({ ...each, needs: 'tools' }));
}

/** Divides the files of tests among parts. Those that read built images are parts of their own, which come last. */
function tests(
  name: string,
  pattern: string,
  { parts, withImages = 0, needs = 'tools', isLast = false }: Parts,
): Task[] {
  const files = globSync(pattern, { cwd: root }).sort();
  const reading = files.filter((file) =>
    readFileSync(join(root, file), 'utf8').includes('CLAIR_TEST_IMAGES'),
  );
  const others = files.filter((file) => !reading.includes(file));
  return [
    ...partTasks(name, divide(others, parts), { needs, isLast }),
    ...partTasks(`${name}, with images`, divide(reading, withImages), { needs: 'images', isLast }),
  ];
}

function partTasks(name: string, parts: readonly string[][], kind: Pick<Task, 'needs' | 'isLast'>): Task[] {
  return parts.map((files, index, { length }) => ({
    name: length === 1 ? name : `${name}, part ${index + 1} of ${length}`,
    command: testCommand(files),
    ...kind,
  }));
}

/** Gives each part every nth file: neighbours take a similar time. */
function divide(files: readonly string[], parts: number): string[][] {
  return Array.from({ length: parts }, (_, part) => files.filter((_file, index) => index % parts === part));
}

function testCommand(files: readonly string[]): string[] {
  const imports = ['--import', './.ci/uncaught.ts', '--import', './.ci/fixed-seed.ts'];
  return ['node', ...imports, '--test', '--test-isolation=none', ...files];
}

/** Runs tasks until there are no more, or one failed. */
async function runTasks(): Promise<void> {
  for (let next = await takeTask(); next !== undefined; next = await takeTask()) await runTask(next);
}

/** Takes the first task that has what it needs, and waits if none has. */
async function takeTask(): Promise<Task | undefined> {
  if (failures.length > 0) return undefined;
  const ready = waiting.findIndex(({ needs }) => preparations[needs].isDone);
  if (ready >= 0) return waiting.splice(ready, 1)[0];
  if (waiting.length === 0) return undefined;
  await Promise.race(waiting.map(({ needs }) => preparations[needs].done));
  return await takeTask();
}

/** Prints what a task printed when it ends. */
async function runTask({ name, command }: Task): Promise<void> {
  const started = performance.now();
  const { end, printed } = await run(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const result = end === undefined ? `passed in ${seconds} s` : `failed after ${seconds} s with ${end}`;
  process.stdout.write(`== ${name}\n${printed}== ${name} ${result}\n`);
  if (end !== undefined) failures.push(`== ${name} ${result}\n${withoutPasses(printed)}`);
}

/** Starts the script that builds the images of tests, after the tools that it uses are there. */
function buildImages(script: string): Preparation {
  const directory = mkdtempSync(join(tmpdir(), 'clair-images-'));
  process.once('exit', () => {
    rmSync(directory, { recursive: true, force: true });
  });
  env['CLAIR_TEST_IMAGES'] = directory;
  return prepare('images', ['bash', script, directory], tools);
}

/** Runs a script that tasks wait for, after another one. */
function prepare(name: string, command: readonly string[], before: Preparation = nothing): Preparation {
  const preparation: { done: Promise<unknown>; isDone: boolean } = { done: nothing.done, isDone: false };
  preparation.done = runScript(name, command, before).then(() => (preparation.isDone = true));
  return preparation;
}

/** Prints the output of a script only if it fails. */
async function runScript(name: string, command: readonly string[], before: Preparation): Promise<void> {
  await before.done;
  if (failures.length > 0) return;
  const started = performance.now();
  const directory = mkdtempSync(join(tmpdir(), 'clair-log-'));
  // A file, because a daemon that the script leaves behind would keep a pipe open.
  const log = join(directory, 'log');
  const end = await endOf(start(command, openSync(log, 'w')));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`== ${name} ${end === undefined ? 'ready in' : 'failed after'} ${seconds} s`);
  if (end !== undefined)
    failures.push(`== ${name} ended with ${end}\n${withoutPasses(readFileSync(log, 'utf8'))}`);
  rmSync(directory, { recursive: true });
}

/** Runs a command. `end` is how it ended if it failed, `printed` all that it wrote. */
async function run(command: readonly string[]): Promise<{ end: string | undefined; printed: string }> {
  const child = start(command, 'pipe');
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  return { end: await endOf(child), printed };
}

/** Starts a process, which is killed when it takes too long: a test that never ends would hide its cause. */
function start([command = '', ...args]: readonly string[], output: 'pipe' | number): ChildProcess {
  const limit = { timeout: taskMinutes * 60_000, killSignal: 'SIGKILL' } as const;
  return spawn(command, args, { cwd: root, env, stdio: ['inherit', output, output], ...limit });
}

/** Returns how a process ended, or undefined if it ended with 0. Throws if it does not start. */
async function endOf(child: ChildProcess): Promise<string | undefined> {
  await once(child, 'close');
  return child.exitCode === 0 ? undefined : (child.signalCode ?? `code ${child.exitCode}`);
}

/** The last lines without those of passed tests: errors, messages of the test runner, and its report of failed tests. */
function withoutPasses(printed: string): string {
  const lines = printed.split('\n').filter((line) => !/^\s*(?:✔|▶|$)/u.test(line));
  return lines.slice(-repeatedLines).join('\n');
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
