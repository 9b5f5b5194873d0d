import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { clair, inCheckout, scratch } from './clair.ts';

const image = inCheckout('examples/image.tar');
const place = ['--db', join(scratch, 'scope.db'), '--mirror', inCheckout('examples/mirror')];

function reported(target: string, ...args: readonly string[]): Report {
  const run = clair(['scan', target, ...place, ...args, '--format', 'json']);
  assert.equal(run.stderr.replace(/^clair: nothing in the image could be assessed.*\n/, ''), '');
  return JSON.parse(run.stdout) as Report;
}

/** Returns a root file system of Wolfi whose packages have no advisories: clean. */
function cleanRoot(name: string, release: string): { readonly root: string; readonly mirror: string } {
  const root = join(scratch, name);
  mkdirSync(join(root, 'lib/apk/db'), { recursive: true });
  mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'lib/apk/db/installed'), 'P:curl\nV:8.0.0-r0\nA:x86_64\n\n');
  if (release !== '') writeFileSync(join(root, 'etc/os-release'), release);
  const mirror = join(scratch, `${name}-mirror`);
  mkdirSync(join(mirror, 'packages.wolfi.dev/os'), { recursive: true });
  const advisories = {
    reponame: 'os',
    packages: [{ pkg: { name: 'git', secfixes: { '2.0-r0': ['CVE-2024-1'] } } }],
  };
  writeFileSync(join(mirror, 'packages.wolfi.dev/os/security.json'), JSON.stringify(advisories));
  return { root, mirror };
}

test('does not read an excluded database, lists it in the coverage, and does not report the image as clean', () => {
  const { root, mirror } = cleanRoot('excluded', 'ID=wolfi\n');
  const status = 'Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n';
  writeFileSync(join(root, 'var/lib/dpkg/status'), status);
  const args = ['--db', ':memory:', '--mirror', mirror, '--format', 'json'];
  const scan = (...more: string[]): Report =>
    JSON.parse(clair(['scan', `dir:${root}`, ...args, ...more]).stdout) as Report;
  const { packages, verdict, coverage, statuses } = scan('--exclude', 'var/lib/dpkg');
  assert.deepEqual(
    packages.map(({ name }) => name),
    ['curl'],
  );
  assert.equal(verdict, 'not-assessed');
  assert.deepEqual(
    coverage.map(({ namespace, status: state, reason }) => [namespace, state, reason]),
    [
      ['wolfi', 'complete', null],
      ['wolfi', 'unsupported', 'excluded by --exclude, so not scanned: var/lib/dpkg/status'],
    ],
  );
  assert.match(JSON.stringify(statuses), /not scanned because of --exclude var\/lib\/dpkg/);
  const table = clair(['scan', `dir:${root}`, ...args.slice(0, 4), '--exclude', 'var/lib/dpkg']);
  assert.match(table.stdout, /^wolfi: not supported; excluded by --exclude/m);
});

test('reports a clean image as clean when a pattern excludes nothing', () => {
  const { root, mirror } = cleanRoot('unaffected', 'ID=wolfi\n');
  const run = clair([
    'scan',
    `dir:${root}`,
    '--db',
    ':memory:',
    '--mirror',
    mirror,
    '--exclude',
    '**/test/**',
    '--fail-on',
    'unknown',
    '-f',
    'json',
  ]);
  assert.deepEqual([run.status, (JSON.parse(run.stdout) as Report).verdict], [0, 'clean'], run.stderr);
});

test('reads what was excluded without the option, and uses the cached layer for both', () => {
  const excluded = reported(image, '--exclude', 'lib/apk/**');
  assert.deepEqual([excluded.packages.length, excluded.verdict], [0, 'not-assessed']);
  assert.equal(reported(image).packages.length, 10);
  assert.equal(reported(image, '--exclude', '/lib/apk/db/').packages.length, 0);
});

test('refuses --exclude for an SBOM and for patterns with an unexpected meaning', () => {
  const sbom = join(scratch, 'scope.cdx.json');
  assert.equal(clair(['sbom', image, '-f', 'cyclonedx', '-o', sbom]).status, 0);
  const run = clair(['scan', sbom, ...place, '--exclude', 'app']);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /--exclude is for images/);
  assert.equal(clair(['scan', image, '--exclude', 'app/[ab]']).status, 2);
  assert.equal(clair(['scan', image, '--exclude', '/']).status, 2);
});

test('looks up packages of an image without a distribution in the one of --distro, and reports that', () => {
  const { root } = cleanRoot('nameless', '');
  writeFileSync(join(root, 'lib/apk/db/installed'), 'P:redis\nV:7.2.5-r0\nA:x86_64\no:redis\n\n');
  const unknown = reported(`dir:${root}`);
  assert.deepEqual([unknown.distro, unknown.matches.length, unknown.verdict], [null, 0, 'not-assessed']);
  const { distro, namespaces, matches } = reported(`dir:${root}`, '--distro', 'alpine:3.20');
  assert.deepEqual(distro, {
    id: 'alpine',
    versionId: '3.20',
    prettyName: 'alpine:v3.20, given by --distro',
    like: [],
    source: 'user',
  });
  assert.deepEqual(
    namespaces.map(({ name }) => name),
    ['alpine:v3.20'],
  );
  assert.deepEqual(
    matches.map(({ vulnerability }) => vulnerability.id),
    ['CVE-2024-31227', 'CVE-2024-31228', 'CVE-2024-31449'],
  );
  // The database separates both.
  assert.equal(reported(`dir:${root}`).matches.length, 0);
});

test('reports when an image names another distribution than --distro', () => {
  const run = clair(['scan', image, ...place, '--distro', 'debian:12']);
  assert.match(run.stdout, /^debian:12, given by --distro; the image says Alpine Linux v3\.20, /m);
  assert.match(run.stdout, /^Verdict: not assessed/m);
  const sbom = join(scratch, 'scope-distro.cdx.json');
  assert.equal(clair(['sbom', image, '-f', 'cyclonedx', '-o', sbom]).status, 0);
  assert.equal(reported(sbom, '--distro', 'alpine:edge').namespaces[0]?.name, 'alpine:edge');
  const unknown = clair(['scan', image, '--distro', 'debain:12']);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /Write a distribution and its release as debian:12/);
});
