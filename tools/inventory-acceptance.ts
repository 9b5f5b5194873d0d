/**
 * Compares what Clair lists with what package managers list. Makes a root file system of Debian, lets each package manager of
 * `tools/inventory` install packages of ours in it, and scans it. Needs root, debootstrap and the package registries.
 *
 *     npm run acceptance:inventory -- [--write] [--files=DIRECTORY] [NAME ...]
 *
 * With `--write`, it also keeps the records of the package managers for the tests of the listers. With `--files`, it copies a directory over
 * each root first, with what a script could not download: `usr/local/bin/melange`, or a clone in `home/linuxbrew/.linuxbrew/Homebrew`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Report } from '../src/model/report.ts';
import { type InventoryRecord, recordOf, writeRecords } from './inventory/records.ts';

const clair = resolve(import.meta.dirname, '../bin/clair');
const scripts = resolve(import.meta.dirname, 'inventory');
/** Suites of Debian, of package managers that the stable one lacks. */
const suites: Readonly<Record<string, string>> = { guix: 'sid', pub: 'sid', julia: 'bullseye' };
const usualSuite = 'trixie';
/** Types of packages that only lock files prove. */
const declaredTypes: readonly string[] = ['swift'];
/** Those of this machine, which may have a proxy. */
const certificates = '/etc/ssl/certs/ca-certificates.crt';

const [, , ...args] = process.argv;
const wanted = args.filter((one) => !one.startsWith('--'));
const [given] = args.flatMap((one) => /^--files=(.+)$/.exec(one)?.[1] ?? []);
const names = readdirSync(scripts)
  .filter((file) => file.endsWith('.sh'))
  .map((file) => basename(file, '.sh'))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
const place = mkdtempSync(join(tmpdir(), 'clair-inventory-'));
process.on('exit', () => {
  rmSync(place, { recursive: true, force: true });
});

const bySuite = Map.groupBy(names, (name) => suites[name] ?? usualSuite);
const records = [...bySuite].flatMap(([suite, ofSuite]) => checkSuite(suite, ofSuite));
if (args.includes('--write')) writeRecords(records);

/** Installs the packages of some managers in one root, and compares each list. Returns the records. */
function checkSuite(suite: string, ofSuite: readonly string[]): InventoryRecord[] {
  const root = join(place, suite);
  run('debootstrap', '--variant=minbase', suite, root);
  cpSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'), { dereference: true });
  run('chroot', root, 'apt-get', 'install', '-qy', '--no-install-recommends', 'python3', 'ca-certificates');
  cpSync(certificates, join(root, certificates), { dereference: true });
  if (given !== undefined) run('cp', '-a', `${given}/.`, root);
  for (const name of ofSuite) installIn(root, name);
  const made = ofSuite.map((name) => recordOf(root, name));
  // The sources of the packages are no part of the system.
  rmSync(join(root, 'packages'), { recursive: true });
  const { packages } = scan(root);
  for (const [type, ofType] of Map.groupBy(made, (record) => record.type))
    compare(
      ofType,
      packages.filter(
        (one) => one.type === type && (one.evidence !== 'declared' || declaredTypes.includes(type)),
      ),
    );
  return made;
}

/** Runs the script of a manager in the root. Its mounts end with it. */
function installIn(root: string, name: string): void {
  const work = `/packages/${name}`;
  mkdirSync(join(root, work, 'result'), { recursive: true });
  cpSync(join(scripts, `${name}.sh`), join(root, work, 'install.sh'));
  const mounts =
    'mount -t proc proc "$0/proc"; mount -t devpts devpts "$0/dev/pts"; mount -t tmpfs tmpfs "$0/dev/shm"';
  const inside = `cd ${work}; OUT=${work}/result DEBIAN_FRONTEND=noninteractive bash -e install.sh > log 2>&1`;
  const shell = `${mounts}; exec chroot "$0" bash -c '${inside}'`;
  const { status } = spawnSync('unshare', ['--mount', '--pid', '--fork', 'sh', '-c', shell, root]);
  if (status !== 0)
    console.log(`${name}: its script failed\n${readFileSync(join(root, work, 'log'), 'utf8').slice(-2000)}`);
}

/** Prints what Clair and the managers of one type list alike, and each difference. */
function compare(ofType: readonly InventoryRecord[], scanned: Report['packages']): void {
  const stated = new Set(ofType.flatMap(({ packages }) => packages));
  const listed = new Set(scanned.map(({ name, version }) => `${name} ${version}`));
  const missing = [...stated].filter((one) => !listed.has(one));
  const more = [...listed].filter((one) => !stated.has(one));
  const tools = ofType.map(({ tool }) => tool).join(', ');
  console.log(
    `${tools}: ${stated.size - missing.length} right, ${missing.length} missing, ${more.length} more`,
  );
  for (const one of missing) console.log(`  missing ${one}`);
  for (const one of more) console.log(`  more ${one}`);
  const isEmpty = ofType.some(({ packages }) => packages.length === 0);
  if (isEmpty || missing.length + more.length > 0) process.exitCode = 1;
}

function scan(root: string): Report {
  const scanned = ['sbom', `dir:${root}`, '--include-declared', '--db', ':memory:', '--format', 'json'];
  return JSON.parse(execFileSync(clair, scanned, { encoding: 'utf8', maxBuffer: 2 ** 29 })) as Report;
}

function run(command: string, ...rest: readonly string[]): void {
  execFileSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
}
