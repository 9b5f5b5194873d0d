/**
 * Compares what `clair upgrade` predicts with what apt does. Makes a root file system of Debian without its security updates, runs the
 * instructions of `--format dockerfile` in it, and scans it again. Needs root, mmdebstrap, an archive of Debian, and advisories in a mirror.
 *
 *     npm run acceptance:upgrade -- --mirror=DIRECTORY [--suite=bullseye] [PACKAGE ...]
 *
 * The root has the packages that are named, or a few usual ones.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isClosedBy } from '../src/match/upgrades/version-order.ts';
import type { Match, Report } from '../src/model/report.ts';
import type { ImageUpgradePlan } from '../src/model/upgrade.ts';
import { dpkg } from '../src/version/dpkg.ts';

const archive = 'http://deb.debian.org';
const usualPackages = ['curl', 'git', 'python3', 'sudo', 'bind9-host', 'postgresql-client', 'libtiff5'];

const clair = resolve(import.meta.dirname, '../bin/clair');
const [, , ...args] = process.argv;
const named = args.filter((one) => !one.startsWith('--'));
const mirror = optionOf('mirror');
assert.ok(mirror, 'name a mirror of advisories: --mirror=DIRECTORY');
const suite = optionOf('suite') ?? 'bullseye';
const place = mkdtempSync(join(tmpdir(), 'clair-upgrade-'));
process.on('exit', () => {
  rmSync(place, { recursive: true, force: true });
});
const root = join(place, 'root');

makeRoot(named.length > 0 ? named : usualPackages);
const before = scan();
const plan = JSON.parse(clairOnRoot('upgrade', 'json')) as ImageUpgradePlan;
runInstructions(clairOnRoot('upgrade', 'dockerfile'));
const after = scan();
compareFindings();
console.log(
  `${suite}: ${plan.upgrades.length} upgrades, ${before.matches.length} findings before, ${after.matches.length} after, all as predicted`,
);

/** Checks that the second scan has the predicted findings: for the planned versions, and for those that apt installed. */
function compareFindings(): void {
  assert.ok(plan.upgrades.length > 0, 'there is nothing to upgrade in this root');
  assert.ok(after.matches.length < before.matches.length);
  const sources = new Map(after.packages.map(({ source }) => [source?.name, source?.version]));
  for (const { packages } of plan.upgrades)
    for (const { name, fixedVersion } of packages) {
      const installed = after.packages.find((one) => one.name === name)?.source?.version ?? '';
      assert.ok((dpkg.compare(installed, fixedVersion) ?? -1) >= 0, `${name} ${installed} < ${fixedVersion}`);
    }
  const found = keysOf(after.matches);
  const planned = plan.remaining.flatMap(({ findings }) =>
    findings.map(({ id, package: item }) => `${id} ${item.name}`),
  );
  assert.deepEqual(found, planned.sort());
  const left = before.matches.filter((match) => !isClosedBy(match, (name) => sources.get(name), [dpkg]));
  assert.deepEqual(found, keysOf(left));
}

function keysOf(matches: readonly Match[]): string[] {
  return matches.map(({ vulnerability, package: item }) => `${vulnerability.id} ${item.name}`).sort();
}

/** Installs a release as it was made last, and lets apt know its security updates. */
function makeRoot(packages: readonly string[]): void {
  const include = `--include=${['ca-certificates', ...packages].join(',')}`;
  run(
    'mmdebstrap',
    '--quiet',
    '--variant=minbase',
    include,
    suite,
    root,
    `deb ${archive}/debian ${suite} main`,
  );
  appendFileSync(
    join(root, 'etc/apt/sources.list'),
    `\ndeb ${archive}/debian-security ${suite}-security main\n`,
  );
  cpSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'), { dereference: true });
}

/** Runs the `RUN` instruction of a Dockerfile in the root, as a build does. */
function runInstructions(dockerfile: string): void {
  const [, script] = /^RUN ((?:.*\\\n)*.*)$/m.exec(dockerfile) ?? [];
  assert.ok(script, dockerfile);
  const { status } = spawnSync('chroot', [root, '/bin/sh', '-c', script], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  assert.equal(status, 0, script);
}

function scan(): Report {
  return JSON.parse(clairOnRoot('scan', 'json')) as Report;
}

function clairOnRoot(command: string, format: string): string {
  const options = ['--mirror', resolve(mirror ?? ''), '--db', join(place, 'clair.db'), '--format', format];
  return execFileSync(clair, [command, `dir:${root}`, ...options], {
    encoding: 'utf8',
    maxBuffer: 2 ** 29,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function optionOf(name: string): string | undefined {
  return args.flatMap((one) => new RegExp(`^--${name}=(.+)$`).exec(one)?.[1] ?? [])[0];
}

function run(command: string, ...rest: readonly string[]): void {
  execFileSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
}
