/**
 * Checks the versions that Clair reads in real programs. Unpacks each Debian package without its database, so that no package owns the
 * programs, and compares what Clair lists with the version of the package. Compares a program with what its option `--version` prints.
 * Then checks the findings of each program against what the assigners of the CVEs in the corpus state.
 *
 *     npm run acceptance:programs -- nginx_1.22.1-9_amd64.deb node_modules/node/bin/node
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Report } from '../src/model/report.ts';
import { isAffectedByNumbers, statedCves, writeCveMirror } from './programs/cve-verdicts.ts';

const clair = resolve(import.meta.dirname, '../bin/clair');
const place = mkdtempSync(join(tmpdir(), 'clair-programs-'));
process.on('exit', () => {
  rmSync(place, { recursive: true, force: true });
});
const database = join(place, 'clair.db');
const stated = statedCves();
writeCveMirror(join(place, 'mirror'));
run(clair, 'db', 'update', 'cve-products', 'cve', '--mirror', join(place, 'mirror'), '--db', database);

/** The number of right and wrong versions and verdicts of a file, and of those that numbers do not decide. */
interface CheckedFile {
  readonly right: number;
  readonly wrong: number;
  readonly verdicts: readonly boolean[];
  readonly undecided: number;
}

const results = process.argv.slice(2).map(checkFile);
const sum = (of: (one: CheckedFile) => number): number => results.reduce((all, one) => all + of(one), 0);
const wrong = sum((one) => one.wrong);
const wrongVerdicts = sum(({ verdicts }) => verdicts.filter((isRight) => !isRight).length);
console.log(
  `${sum((one) => one.right)} right, ${wrong} wrong, ${results.filter((one) => one.right === 0).length} files without a version`,
);
console.log(
  `${sum(({ verdicts }) => verdicts.filter(Boolean).length)} verdicts right, ${wrongVerdicts} wrong, ${sum((one) => one.undecided)} not decided by numbers`,
);
process.exitCode = wrong === 0 && wrongVerdicts === 0 ? 0 : 1;

/** Lists the programs of a file and prints them, each with whether its version and the verdicts are right. */
function checkFile(file: string): CheckedFile {
  const directory = mkdtempSync(join(place, 'file-'));
  const isPackage = file.endsWith('.deb');
  if (isPackage) run('dpkg-deb', '-x', file, directory);
  else cpSync(file, join(directory, basename(file)), { dereference: true });
  const version = isPackage ? upstreamOf(run('dpkg-deb', '-f', file, 'Version')) : run(file, '--version');
  const report = scan(directory);
  rmSync(directory, { recursive: true });
  const found = report.packages.filter(({ foundBy }) => foundBy === 'binary');
  const isRight = (item: Report['packages'][number]): boolean => version.includes(item.version);
  for (const item of found)
    console.log(
      `${isRight(item) ? 'right' : 'WRONG'} ${item.name} ${item.version} ${item.location.path} ${JSON.stringify(item.proof)}, stated: ${version}`,
    );
  if (found.length === 0) console.log(`no version in ${basename(file)}`);
  const right = found.filter(isRight).length;
  return { right, wrong: found.length - right, ...checkVerdicts(found, report) };
}

/** Compares the findings of programs with what numbers say about the versions that the assigners state. */
function checkVerdicts(
  found: Report['packages'],
  { matches }: Report,
): Pick<CheckedFile, 'verdicts' | 'undecided'> {
  const verdicts: boolean[] = [];
  let undecided = 0;
  for (const { name, version, purl } of found)
    for (const { id, ranges } of stated.filter(({ product }) => product === name)) {
      const isReported = matches.some((one) => one.package.purl === purl && one.vulnerability.id === id);
      const isAffected = isAffectedByNumbers(version, ranges);
      if (isAffected === undefined) undecided++;
      else verdicts.push(isAffected === isReported);
      const agreement = isAffected === undefined ? 'open' : isAffected === isReported ? 'right' : 'WRONG';
      console.log(`  ${agreement} ${id}: ${isReported ? 'reported' : 'not reported'}`);
    }
  return { verdicts, undecided };
}

/** A directory with unread files is not assessed, which makes the command end with 4. */
function scan(directory: string): Report {
  const args = ['scan', `dir:${directory}`, '--db', database, '--offline', '--format', 'json'];
  return JSON.parse(spawnSync(clair, args, { encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout) as Report;
}

/** Returns the version without its epoch and the revision of Debian. After `+really`, it is the rest. */
function upstreamOf(version: string): string {
  const [, upstream = version] = /^(?:\d+:)?(.*?)(?:-[^-]*)?$/.exec(version) ?? [];
  return upstream.replace(/^.*\+really/, '');
}

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28 }).trim();
}
