import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import type { Explanation } from '../../src/model/explanation.ts';
import type { Report } from '../../src/model/report.ts';
import { clair, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';

const place = join(scratch, 'java-artifacts');
const mirror = join(place, 'mirror');

const advisory = (id: string, name: string, fixed: string): object => ({
  id,
  modified: '2024-01-01T00:00:00Z',
  aliases: [id.replace('GHSA', 'CVE')],
  affected: [
    {
      package: { ecosystem: 'Maven', name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
    },
  ],
});

const advisories = [
  advisory('GHSA-2024-0001', 'org.acme.parsers:acme-parser', '1.5'),
  advisory('GHSA-2024-0002', 'org.acme:acme-core', '2.0'),
  advisory('GHSA-2024-0003', 'com.other:acme-core', '9.0'),
];

const archive = join(mirror, 'osv-vulnerabilities.storage.googleapis.com/Maven/all.zip');
mkdirSync(join(archive, '..'), { recursive: true });
writeFileSync(
  archive,
  zipSync(Object.fromEntries(advisories.map((one, i) => [`${i}.json`, Buffer.from(JSON.stringify(one))]))),
);

const options = ['--mirror', mirror, '--db', join(place, 'clair.db'), '--no-lookups'];
const jar = zipSync({ 'org/acme/A.class': Buffer.from('code') }, { mtime: '1980-01-01' });

/** Writes a root file system with jars that have classes and no metadata. */
function system(name: string, paths: readonly string[]): string {
  const root = join(place, name);
  const files = Object.fromEntries(paths.map((path) => [path, jar]));
  writeSystem(root, { ID: 'wolfi', VERSION_ID: '20230201' }, files);
  return `dir:${root}`;
}

const shown = ({ packages }: Report): string[] =>
  packages.flatMap(({ name, version, evidence }) => (evidence ? [`${name} ${version} ${evidence}`] : []));
const found = ({ matches }: Report): string[] =>
  matches.map(({ vulnerability, package: { name }, evidence: [row] }) =>
    [vulnerability.id, name, row?.package].join(' '),
  );

test('reports a jar whose artifact the advisories know in one group, and never calls it assessed', () => {
  const scanned = report('scan', system('one', ['app/acme-parser-1.4.jar']), ...options);
  assert.deepEqual(shown(scanned), ['acme-parser 1.4 artifact-id']);
  assert.deepEqual(found(scanned), ['CVE-2024-0001 acme-parser org.acme.parsers:acme-parser']);
  assert.equal(scanned.matches[0]?.package.evidence, 'artifact-id');
  assert.equal(scanned.verdict, 'vulnerable');
  assert.deepEqual(
    scanned.unread?.map(({ kind, paths }) => [kind, paths]),
    [['maven', ['app/acme-parser-1.4.jar']]],
  );
});

test('reports no jar that is fixed, whose artifact is in several groups, or that no advisory names', () => {
  const paths = ['app/acme-parser-1.5.jar', 'app/acme-core-1.0.jar', 'app/acme-other-1.0.jar'];
  const scanned = report('scan', system('none', paths), ...options);
  assert.deepEqual(found(scanned), []);
  assert.equal(shown(scanned).length, 3);
  assert.equal(scanned.verdict, 'not-assessed');
  assert.deepEqual(scanned.unread?.[0]?.paths, paths.toSorted());
});

test('explains how a jar of an unknown group was matched, or why it was not', () => {
  const target = system('explained', ['app/acme-parser-1.4.jar', 'app/acme-core-1.0.jar']);
  const explain = (id: string, name: string): Explanation['packages'][number] | undefined => {
    const { stdout } = clair(['explain', target, id, name, '--format', 'json', ...options]);
    return (JSON.parse(stdout) as Explanation).packages[0];
  };
  const matched = explain('CVE-2024-0001', 'acme-parser');
  assert.equal(matched?.outcome, 'reported');
  assert.deepEqual(matched.remarks, [
    'the name of its file gives artifact and version, and nothing gives the group',
    'the advisories know its artifact in one group only: org.acme.parsers:acme-parser',
  ]);
  const several = explain('CVE-2024-0002', 'acme-core');
  assert.equal(several?.outcome, 'not-reported');
  assert.equal(
    several.reason,
    'its group is unknown, and the advisories know several: com.other:acme-core, org.acme:acme-core',
  );
});

test('gives the same result for the document of an image, and from published advisories', () => {
  const target = system('documented', ['app/acme-parser-1.4.jar']);
  const scanned = report('scan', target, ...options);
  const document = join(place, 'documented.cdx.json');
  clair(['sbom', target, '--format', 'cyclonedx', '--output', document]);
  assert.deepEqual(found(report('scan', document, ...options)), found(scanned));

  const published = join(place, 'published');
  clair(['db', 'build', published, '--db', join(place, 'clair.db')]);
  const fresh = ['--from', published, '--db', ':memory:', '--no-lookups'];
  assert.deepEqual(found(report('scan', target, ...fresh)), found(scanned));
});
