import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { clair, inCheckout, scratch } from './clair.ts';
import { databases, type ListedPackage, writeSystem } from './listed-system.ts';

const from = inCheckout('examples/database-layout');

/** Scans without network and without a database, and returns the findings. */
function findingsOf(target: string): string[] {
  const run = clair(['scan', target, '--offline', '--db', ':memory:', '--from', from, '--format', 'json']);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /^clair: the advisories in \S+ are not signed/);
  const { matches } = JSON.parse(run.stdout) as Report;
  return matches
    .map(({ package: { name }, vulnerability: { id, severity }, fix }) =>
      [name, id, severity, fix.state === 'fixed' ? fix.version : fix.state].join(' '),
    )
    .sort();
}

function system(
  name: string,
  release: Readonly<Record<string, string>>,
  files: ReturnType<typeof databases.dpkg>,
): string {
  const root = join(scratch, name);
  writeSystem(root, release, files);
  return `dir:${root}`;
}

const amd64 = (name: string, version: string): ListedPackage => ({ name, version, arch: 'amd64' });

test('scans an image of Alpine with the database of the repository', () => {
  const found = findingsOf(inCheckout('examples/image.tar'));
  assert.equal(found.length, 13);
  assert.ok(found.includes('redis CVE-2024-31449 High 7.2.5-r1'));
  assert.deepEqual(
    found.filter((line) => line.includes(' Unknown ')),
    [],
  );
});

test('scans a Debian system with the database of the repository', () => {
  const packages = [
    amd64('libc6', '2.36-9+deb12u1'),
    amd64('curl', '7.88.1-10+deb12u4'),
    amd64('zlib1g', '1:1.2.13.dfsg-1'),
  ].map((found) => ({
    ...found,
    source: [{ libc6: 'glibc', zlib1g: 'zlib' }[found.name] ?? found.name, found.version] as const,
  }));
  const target = system('debian', { ID: 'debian', VERSION_ID: '12' }, databases.dpkg(packages));
  assert.deepEqual(findingsOf(target), [
    'libc6 CVE-2023-4911 High 2.36-9+deb12u3',
    'zlib1g CVE-2023-45853 Critical unfixed',
  ]);
});

test('scans a RHEL system with the database of the repository', () => {
  const rpm = (name: string, version: string): ListedPackage => ({
    name,
    version,
    arch: 'x86_64',
    sourceRpm: `${name}-${version}.src.rpm`,
  });
  const packages = [rpm('openssh-server', '8.7p1-34.el9'), rpm('glibc', '2.34-100.el9_4.2')];
  const target = system('rhel', { ID: 'rhel', VERSION_ID: '9.4' }, databases.rpm(packages));
  assert.deepEqual(findingsOf(target), ['openssh-server CVE-2024-6387 High 0:8.7p1-38.el9_4.1']);
});

test('explains with the database of the repository that Red Hat clears a package', () => {
  const xz = { name: 'xz', version: '5.2.5-8.el9_0', arch: 'x86_64', sourceRpm: 'xz-5.2.5-8.el9_0.src.rpm' };
  const target = system('rhel with xz', { ID: 'rhel', VERSION_ID: '9.4' }, databases.rpm([xz]));
  const options = ['--offline', '--db', ':memory:', '--from', from];
  const { status, stdout, stderr } = clair(['explain', target, 'CVE-2024-3094', ...options]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /it says that the package is not affected/);
});

test('scans an SBOM of npm packages with the database of the repository', () => {
  const sbom = join(scratch, 'npm.cdx.json');
  const component = (name: string, version: string): object => ({
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name}@${version}`,
  });
  const components = [
    component('lodash', '4.17.20'),
    component('minimist', '1.2.6'),
    component('minimist', '0.2.1'),
  ];
  writeFileSync(sbom, JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components }));
  assert.deepEqual(findingsOf(`sbom:${sbom}`), [
    'lodash CVE-2021-23337 High 4.17.21',
    'minimist CVE-2021-44906 Critical 0.2.4',
  ]);
});
