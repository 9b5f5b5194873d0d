import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineProcess } from './line-process.ts';
import { type Oracle, OracleMissing } from './oracle.ts';

/** A script beside this file in the language of the tool, and the packages of Debian it needs. */
export interface Script {
  readonly command: string;
  readonly args: readonly string[];
  /** What follows the command to make it print the tool's version, or fail where the tool is missing. */
  readonly probe: readonly string[];
  readonly tool: string;
  readonly packages: string;
}

/** Starts a script that speaks as `LineProcess` expects. */
export function runScript({ command, args, probe, tool, packages }: Script): Oracle {
  const probed = spawnSync(command, probe, { encoding: 'utf8' });
  if (probed.status !== 0)
    throw new OracleMissing(`${tool} is not here: install ${packages}\n${probed.stderr}`);
  return new LineProcess(`${tool} ${probed.stdout.trim()}`, command, args);
}

/** A folder that is gone when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'version-oracle-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Where a file beside this one lies. */
export function beside(name: string): string {
  return join(import.meta.dirname, name);
}

/** Runs what prepares an oracle, such as its compiler. */
export function prepare(command: string, args: readonly string[], packages: string): string {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status !== 0) {
    throw new OracleMissing(
      `${command} does not do here: install ${packages}\n${done.error?.message ?? done.stderr}`,
    );
  }
  return done.stdout.trim();
}
