import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { zipSync } from 'fflate';
import type { Report } from '../../src/model/report.ts';
import { withUnloaded } from '../../src/testing/elf-writer.ts';
import { clair, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';

const place = join(scratch, 'rust-programs');
const mirror = join(place, 'mirror');
const target = `dir:${join(place, 'root')}`;
const options = ['--mirror', mirror, '--db', join(place, 'clair.db'), '--no-lookups'];

const crates = [
  { name: 'app', version: '0.1.0', source: 'local', root: true },
  { name: 'patched', version: '0.1.0', source: 'git' },
  { name: 'plain', version: '0.1.0', source: 'crates.io' },
];

/** A Rust program with a list of crates. */
function program(packages: readonly object[]): Buffer {
  const list = deflateSync(JSON.stringify({ packages }));
  return withUnloaded({ text: 'panicked at /rustc/abc/library/core/src/option.rs' }, list);
}

const idsOf = ({ matches }: Report): string[] => matches.map((match) => match.vulnerability.id).sort();

let scanned: Report;
before(() => {
  const feed = join(mirror, 'osv-vulnerabilities.storage.googleapis.com/crates.io');
  mkdirSync(feed, { recursive: true });
  const records = crates.map(({ name }) => ({
    id: `RUSTSEC-${name}`,
    modified: '2024-01-01T00:00:00Z',
    affected: [
      {
        package: { ecosystem: 'crates.io', name },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.0' }] }],
      },
    ],
  }));
  const files = records.map((record) => [`${record.id}.json`, Buffer.from(JSON.stringify(record))]);
  writeFileSync(join(feed, 'all.zip'), zipSync(Object.fromEntries(files) as Record<string, Uint8Array>));
  writeSystem(join(place, 'root'), { ID: 'wolfi', VERSION_ID: '20230201' }, { 'opt/app': program(crates) });
  scanned = report('scan', target, ...options);
});

test('matches crates of crates.io only, and names those of Git repositories', () => {
  assert.deepEqual(idsOf(scanned), ['RUSTSEC-plain']);
  assert.deepEqual(
    scanned.packages.filter(({ type }) => type === 'cargo').map(({ name, origin }) => [name, origin]),
    [
      ['app', 'local'],
      ['patched', 'git'],
      ['plain', undefined],
    ],
  );
  const problems = scanned.statuses.flatMap(({ files }) => files.map(({ problem }) => problem));
  assert.deepEqual(problems, ['has crates from Git repositories, which no advisories cover: patched 0.1.0']);
});

test('explains why a crate is not matched', () => {
  for (const [name, source] of [
    ['app', 'the project of the program itself'],
    ['patched', 'a Git repository'],
  ] as const) {
    const { stdout } = clair(['explain', target, `RUSTSEC-${name}`, ...options]);
    assert.match(stdout, new RegExp(`RUSTSEC-${name} in ${name} 0\\.1\\.0: not reported`));
    assert.match(stdout, new RegExp(`its source is from ${source}, not from the registry`));
  }
});

test('gives the same findings for documents of the image', () => {
  for (const format of ['json', 'cyclonedx', 'spdx']) {
    const document = join(place, `${format}.json`);
    writeFileSync(document, clair(['sbom', target, '--db', ':memory:', '--format', format]).stdout);
    assert.deepEqual(idsOf(report('scan', `sbom:${document}`, ...options)), ['RUSTSEC-plain'], format);
  }
});
