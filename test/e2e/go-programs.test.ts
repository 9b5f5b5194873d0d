import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import type { Report } from '../../src/model/report.ts';
import { goProgram } from '../../src/testing/go-program.ts';
import { clair, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';

const place = join(scratch, 'go-programs');
const mirror = join(place, 'mirror');

interface FixedModule {
  readonly name: string;
  readonly fixed: string;
  readonly imports?: readonly object[];
}

const advisory = (id: string, aliases: readonly string[], { name, fixed, imports }: FixedModule): object => ({
  id,
  modified: '2024-01-01T00:00:00Z',
  aliases,
  affected: [
    {
      package: { ecosystem: 'Go', name },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
      ...(imports !== undefined && { ecosystem_specific: { imports } }),
    },
  ],
});

const yaml = 'gopkg.in/yaml.v3';
const advisories = [
  advisory('GO-2024-1', ['CVE-2024-1', 'GHSA-aaaa-aaaa-aaaa'], {
    name: yaml,
    fixed: '3.0.2',
    imports: [{ path: yaml, symbols: ['Unmarshal', 'Decoder.Decode'] }],
  }),
  advisory('GHSA-aaaa-aaaa-aaaa', ['CVE-2024-1'], { name: yaml, fixed: '3.0.2' }),
  advisory('GO-2024-2', ['CVE-2024-2'], {
    name: 'stdlib',
    fixed: '1.22.9',
    imports: [{ path: 'net/smtp', symbols: ['Dial'] }],
  }),
  advisory('GO-2024-3', ['CVE-2024-3'], {
    name: 'toolchain',
    fixed: '1.22.9',
    imports: [{ path: 'cmd/go', symbols: ['main'] }],
  }),
  advisory('GO-2024-4', ['CVE-2024-4'], { name: 'github.com/acme/left', fixed: '2.0.0' }),
];

const zip = join(mirror, 'osv-vulnerabilities.storage.googleapis.com/Go/all.zip');
mkdirSync(join(zip, '..'), { recursive: true });
writeFileSync(
  zip,
  zipSync(Object.fromEntries(advisories.map((one, i) => [`${i}.json`, Buffer.from(JSON.stringify(one))]))),
);

const options = ['--mirror', mirror, '--db', join(place, 'clair.db'), '--no-lookups'];

const lines = ['path\texample.com/app', 'mod\texample.com/app\tv1.0.0\t', `dep\t${yaml}\tv3.0.1\t`];
const functions = ['runtime.main', 'main.main', 'gopkg.in/yaml%2ev3.Marshal'];

/** Scans a root file system with these files. */
function scan(name: string, files: Readonly<Record<string, Uint8Array | string>>): Report {
  const root = join(place, name);
  writeSystem(root, { ID: 'wolfi', VERSION_ID: '20230201' }, files);
  return report('scan', `dir:${root}`, ...options);
}

const idsOf = ({ matches }: Report): string[] => matches.map(({ vulnerability }) => vulnerability.id);

test('suppresses findings whose functions no program has, with the proof', () => {
  const scanned = scan('without', { 'opt/app': goProgram({ lines, functions }) });
  assert.deepEqual(idsOf(scanned), []);
  assert.deepEqual(
    scanned.suppressed.map(({ vulnerability, reason, justification }) => [
      vulnerability.id,
      reason,
      justification,
    ]),
    [
      [
        'CVE-2024-1',
        'GO-2024-1 affects only programs with gopkg.in/yaml.v3.Unmarshal, gopkg.in/yaml.v3.Decoder.Decode; opt/app has none of them',
        'vulnerable_code_not_present',
      ],
      [
        'CVE-2024-2',
        'GO-2024-2 affects only programs with the package net/smtp; opt/app does not contain it',
        'vulnerable_code_not_present',
      ],
    ],
  );
  const explained = clair(['explain', `dir:${join(place, 'without')}`, 'CVE-2024-1', ...options]);
  assert.match(explained.stdout, /opt\/app has none of them/);
  const vex = clair(['vex', `dir:${join(place, 'without')}`, '--author', 'A', ...options]);
  assert.match(vex.stdout, /"status": "not_affected",\s*"justification": "vulnerable_code_not_present"/);
});

test('reports findings when a program has a function, or its functions are unknown', () => {
  const called = [...functions, 'gopkg.in/yaml%2ev3.(*Decoder).Decode'];
  assert.deepEqual(idsOf(scan('with', { 'opt/app': goProgram({ lines, functions: called }) })), [
    'CVE-2024-1',
  ]);
  const unknown = ['CVE-2024-1', 'CVE-2024-2'];
  assert.deepEqual(idsOf(scan('stripped', { 'opt/app': goProgram({ lines }) })).sort(), unknown);
  const renamed = ['a1.b2', 'main.main'];
  assert.deepEqual(
    idsOf(scan('renamed', { 'opt/app': goProgram({ lines, functions: renamed }) })).sort(),
    unknown,
  );
});

test('reports a finding when one of several programs with the module has the function', () => {
  const called = [...functions, 'gopkg.in/yaml%2ev3.Unmarshal'];
  const both = { 'opt/a': goProgram({ lines, functions }), 'opt/b': goProgram({ lines, functions: called }) };
  assert.deepEqual(idsOf(scan('several', both)), ['CVE-2024-1']);
});

test('matches the tools of Go as the toolchain', () => {
  const tool = goProgram({
    lines: ['path\tcmd/go'],
    functions: ['runtime.main', 'main.main', 'cmd/go/internal/work.F'],
  });
  const scanned = scan('toolchain', { 'usr/local/go/bin/go': tool });
  assert.deepEqual(
    scanned.packages.map(({ purl }) => purl),
    ['pkg:golang/stdlib@1.22.1', 'pkg:golang/toolchain@1.22.1'],
  );
  assert.deepEqual(idsOf(scanned), ['CVE-2024-3']);
});

test('lists programs of packages from other repositories, and not those of the distribution', () => {
  const status = (name: string, maintainer: string): string =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-1\nMaintainer: ${maintainer}\n\n`;
  const root = join(place, 'owned');
  writeSystem(
    root,
    { ID: 'debian', VERSION_ID: '12' },
    {
      'var/lib/dpkg/status':
        status('docker-ce', 'Docker <support@docker.com>') + status('gron', 'A <a@debian.org>'),
      'var/lib/dpkg/info/docker-ce.list': '/usr/bin/dockerd\n',
      'var/lib/dpkg/info/gron.list': '/usr/bin/gron\n',
      'usr/bin/dockerd': goProgram({ lines }),
      'usr/bin/gron': goProgram({ lines }),
    },
  );
  const listed = report('sbom', `dir:${root}`, '--db', ':memory:');
  assert.deepEqual(
    listed.packages
      .filter(({ type }) => type === 'golang')
      .map(({ name, location }) => [name, location.path]),
    [
      ['example.com/app', 'usr/bin/dockerd'],
      [yaml, 'usr/bin/dockerd'],
      ['stdlib', 'usr/bin/dockerd'],
    ],
  );
});

test('explains that a module replaces another one, and how the version of the main module is known', () => {
  const replaced = ['dep\tgithub.com/acme/left\tv1.0.0', '=>\tgithub.com/corp/left\tv1.2.0\th1:b='];
  const scanned = scan('replaced', { 'opt/app': goProgram({ lines: [...lines, ...replaced], functions }) });
  assert.deepEqual(idsOf(scanned), []);
  assert.deepEqual(
    scanned.packages.flatMap(({ name, replaces }) => (replaces === undefined ? [] : [[name, replaces]])),
    [['github.com/corp/left', { name: 'github.com/acme/left', version: 'v1.0.0' }]],
  );
  const explain = (...args: readonly string[]): string =>
    clair(['explain', `dir:${join(place, 'replaced')}`, 'CVE-2024-4', ...args, ...options]).stdout;
  const text = explain();
  assert.match(text, /CVE-2024-4 in github\.com\/corp\/left v1\.2\.0: not reported/);
  assert.match(text, /identity +it replaces github\.com\/acme\/left v1\.0\.0 in the program/);
  assert.match(text, /it covers github\.com\/acme\/left; github\.com\/corp\/left is looked up as/);
  assert.match(explain('example.com/app'), /identity +the version of the main module is that of its tag/);
});
