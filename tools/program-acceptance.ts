/**
 * Checks the versions that Clair reads in real programs. Unpacks each Debian package without its database, so that no package owns the
 * programs, and compares what Clair lists with the version of the package. Compares a program with what its option `--version` prints.
 *
 *     npm run acceptance:programs -- nginx_1.22.1-9_amd64.deb node_modules/node/bin/node
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Report } from '../src/model/report.ts';

const clair = resolve(import.meta.dirname, '../bin/clair');
const results = process.argv.slice(2).map(checkFile);
const wrong = results.reduce((sum, one) => sum + one.wrong, 0);
const right = results.reduce((sum, one) => sum + one.right, 0);
console.log(
  `${right} right, ${wrong} wrong, ${results.filter((one) => one.right === 0).length} files without a version`,
);
process.exitCode = wrong === 0 ? 0 : 1;

/** Lists the programs of a file and prints them, each with whether its version is right. */
function checkFile(file: string): { readonly right: number; readonly wrong: number } {
  const directory = mkdtempSync(join(tmpdir(), 'clair-programs-'));
  try {
    const isPackage = file.endsWith('.deb');
    if (isPackage) run('dpkg-deb', '-x', file, directory);
    else cpSync(file, join(directory, basename(file)), { dereference: true });
    const stated = isPackage ? upstreamOf(run('dpkg-deb', '-f', file, 'Version')) : run(file, '--version');
    const { packages } = JSON.parse(
      run(clair, 'sbom', `dir:${directory}`, '--db', ':memory:', '--format', 'json'),
    ) as Report;
    const found = packages.filter(({ foundBy }) => foundBy === 'binary');
    const isRight = ({ version }: Report['packages'][number]): boolean => stated.includes(version);
    for (const item of found)
      console.log(
        `${isRight(item) ? 'right' : 'WRONG'} ${item.name} ${item.version} ${item.location.path} ${JSON.stringify(item.proof)}, stated: ${stated}`,
      );
    if (found.length === 0) console.log(`no version in ${basename(file)}`);
    const right = found.filter(isRight).length;
    return { right, wrong: found.length - right };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Returns the version without its epoch and the revision of Debian. After `+really`, it is the rest. */
function upstreamOf(version: string): string {
  const [, upstream = version] = /^(?:\d+:)?(.*?)(?:-[^-]*)?$/.exec(version) ?? [];
  return upstream.replace(/^.*\+really/, '');
}

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28 }).trim();
}
