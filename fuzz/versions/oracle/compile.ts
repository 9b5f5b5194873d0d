import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OracleMissing } from './oracle.ts';

/** A C file in this folder, the libraries that it needs, and their Debian packages. */
export interface Program {
  readonly source: string;
  readonly libraries: readonly string[];
  readonly packages: string;
}

/** Compiles a C program. Returns the path of the binary, which is removed when this process ends. */
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
  if (compiled.error !== undefined) throw new OracleMissing(`no C compiler found: install ${packages}`);
  if (compiled.status !== 0) {
    throw new OracleMissing(
      `${source} does not compile on this machine: install ${packages}\n${compiled.stderr}`,
    );
  }
  return program;
}

/** Returns a package with its version from dpkg, if it is installed. */
export function installed(name: string): string {
  const query = spawnSync('dpkg-query', ['--show', name], { encoding: 'utf8' });
  return query.status === 0 ? query.stdout.trim().replace('\t', ' ') : name;
}
