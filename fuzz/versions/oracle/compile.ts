import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OracleMissing } from './oracle.ts';

/** A C file beside this one, the libraries it needs, and the packages of Debian that bring them. */
export interface Program {
  readonly source: string;
  readonly libraries: readonly string[];
  readonly packages: string;
}

/** Compiles a C program and answers where it lies until this process ends. */
export function compile({ source, libraries, packages }: Program): string {
  const folder = mkdtempSync(join(tmpdir(), 'version-oracle-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true });
  });
  const program = join(folder, source.replace(/\.c$/, ''));
  const args = [
    '-O2',
    '-o',
    program,
    join(import.meta.dirname, source),
    ...libraries.map((name) => `-l${name}`),
  ];
  const compiled = spawnSync('cc', args, { encoding: 'utf8' });
  if (compiled.error !== undefined) throw new OracleMissing(`there is no C compiler: install ${packages}`);
  if (compiled.status !== 0) {
    throw new OracleMissing(`${source} does not compile here: install ${packages}\n${compiled.stderr}`);
  }
  return program;
}

/** A package and its version, as far as dpkg knows it. */
export function installed(name: string): string {
  const query = spawnSync('dpkg-query', ['--show', name], { encoding: 'utf8' });
  return query.status === 0 ? query.stdout.trim().replace('\t', ' ') : name;
}
