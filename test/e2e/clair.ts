import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import type { Report } from '../../src/model/report.ts';

const root = resolve(import.meta.dirname, '../..');

/** The result of a command. */
export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `bin/clair` as a user would, from another folder, with its own cache. */
export function clair(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input: Uint8Array = Buffer.alloc(0),
): Run {
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/clair'), args, {
    cwd: tmpdir(),
    encoding: 'utf8',
    input,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, XDG_CACHE_HOME: scratch, ...env },
  });
  return { status, stdout, stderr };
}

/** Like `clair`, but asynchronous: this process can serve the requests of the command. */
export async function clairBeside(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const child = spawn(join(root, 'bin/clair'), args, {
    cwd: tmpdir(),
    env: { ...process.env, XDG_CACHE_HOME: scratch, ...env },
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}

/** Runs a command that must print a JSON report, also of an image that could not be assessed. */
export function report(...args: readonly string[]): Report {
  const run = clair([...args, '--format', 'json']);
  if (run.status !== 0 && run.status !== 4)
    throw new Error(`clair ${args.join(' ')} ended with ${run.status}: ${run.stderr}`);
  return JSON.parse(run.stdout) as Report;
}

/** A directory that is removed after the tests of this process. Commands use it as their cache. */
export const scratch: string = mkdtempSync(join(tmpdir(), 'clair-e2e-'));
shareCompiledCode();
after(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Returns the absolute path of a file of the checkout. */
export function inCheckout(path: string): string {
  return join(root, path);
}

/** Commands of all test processes compile their code only once. */
function shareCompiledCode(): void {
  const compiled = join(root, 'node_modules/.cache/clair-tests');
  mkdirSync(compiled, { recursive: true });
  mkdirSync(join(scratch, 'clair'));
  symlinkSync(compiled, join(scratch, 'clair/code'));
}
