import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineProcess } from './line-process.ts';
import { type Oracle, OracleMissing } from './oracle.ts';

/** A script in this folder in the language of the tool, and the Debian packages that it needs. */
export interface Script {
  readonly command: string;
  readonly args: readonly string[];
  /** Arguments that make the command print the tool's version, or fail if the tool is missing. */
  readonly probe: readonly string[];
  readonly tool: string;
  readonly packages: string;
}

/** Starts a script that follows the protocol of `LineProcess`. */
export function runScript({ command, args, probe, tool, packages }: Script): Oracle {
  const probed = spawnSync(command, probe, { encoding: 'utf8' });
  if (probed.status !== 0)
    throw new OracleMissing(`${tool} is not installed: install ${packages}\n${probed.stderr}`);
  return new LineProcess(`${tool} ${probed.stdout.trim()}`, command, args);
}

/** Creates a folder that is removed when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'version-oracle-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Returns the path of a file in this folder. */
export function beside(name: string): string {
  return join(import.meta.dirname, name);
}

/** Runs a command that prepares an oracle, such as a compiler. */
export function prepare(command: string, args: readonly string[], packages: string): string {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status !== 0) {
    throw new OracleMissing(
      `${command} does not work on this machine: install ${packages}\n${done.error?.message ?? done.stderr}`,
    );
  }
  return done.stdout.trim();
}
