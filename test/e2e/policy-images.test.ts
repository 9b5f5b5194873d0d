import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Match, Report } from '../../src/model/report.ts';
import { csafProblems } from '../../src/testing/csaf-validator.ts';
import { openVexDocument } from '../../src/testing/vex-documents.ts';
import { clair, report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

/** Directory of the images that the corpus' make-images.sh builds. */
const images = process.env['CLAIR_TEST_IMAGES'];
const skip = images === undefined && process.env['CI'] === undefined ? 'CLAIR_TEST_IMAGES is not set' : false;

const target = (name: string): string => join(images ?? '', name);
const layout = `oci:${target('oci/debian-bookworm')}`;
const place = (): string[] => ['--db', join(scratch, 'policy-images.db'), '--mirror', corpusMirror()];

function file(name: string, content: string | object): string {
  const path = join(scratch, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const named = (matches: readonly Match[]): string[] =>
  matches.map(({ package: found, vulnerability }) => `${found.purl} ${vulnerability.id}`).sort();

void test('a statement on a Debian source package suppresses findings of all packages built from it', {
  skip,
}, () => {
  const plain = report('scan', layout, ...place());
  const about = plain.matches.find(({ package: found }) => found.source?.name === 'glibc');
  assert.ok(about, 'no finding on glibc');
  const { id } = about.vulnerability;
  const document = openVexDocument([
    {
      vulnerability: { name: id },
      products: [{ '@id': 'pkg:deb/debian/glibc?arch=source&distro=bookworm' }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
    },
  ]);
  const cleared = report('scan', layout, ...place(), '--vex', file('glibc.json', document));
  const isMeant = ({ package: found, vulnerability }: Match): boolean =>
    vulnerability.id === id && found.source?.name === 'glibc';
  const moved = cleared.suppressed.filter(({ reason }) => reason.includes('Example Ltd'));
  assert.deepEqual(named(moved), named(plain.matches.filter(isMeant)));
  assert.ok(moved.length > 1);
});

void test('the output of clair vex for an image digest applies to that image only', {
  skip,
}, async () => {
  const rules = file(
    'debian.yaml',
    'ignore:\n  - {package: "lib*", reason: not called, justification: vulnerable_code_not_in_execute_path}\n',
  );
  const vex = clair([
    'vex',
    layout,
    ...place(),
    '--ignore',
    rules,
    '--format',
    'csaf',
    '--author',
    'Example Ltd',
  ]);
  assert.equal(vex.status, 0, vex.stderr);
  assert.deepEqual(await csafProblems(JSON.parse(vex.stdout)), []);
  const document = file('debian.csaf.json', vex.stdout);
  const ruled = report('scan', layout, ...place(), '--ignore', rules);
  const rescanned = report('scan', layout, ...place(), '--vex', document);
  assert.match(rescanned.target.manifest ?? '', /^sha256:/);
  assert.deepEqual(named(rescanned.matches), named(ruled.matches));
  assert.deepEqual(named(rescanned.suppressed), named(ruled.suppressed));
  const archive = clair([
    'scan',
    target('docker/debian-bookworm.tar'),
    ...place(),
    '--vex',
    document,
    '--format',
    'json',
  ]);
  assert.match(archive.stderr, /debian\.csaf\.json has no statement that matches a finding/);
  const untouched = JSON.parse(archive.stdout) as Report;
  assert.ok(untouched.suppressed.every(({ reason }) => !reason.includes('Example Ltd')));
});

void test('a Debian image passes with everything ignored and fails without', { skip }, () => {
  const scan = (...args: readonly string[]) =>
    clair(['scan', layout, ...place(), '--fail-on', 'unknown', '--format', 'json', ...args]);
  assert.equal(scan().status, 1);
  const run = scan(
    '--ignore',
    file('everything.yaml', 'ignore:\n  - {path: "var/lib/dpkg/**", reason: a test}\n'),
  );
  const { verdict, matches, coverage } = JSON.parse(run.stdout) as Report;
  // Until the end of support of the release.
  const isKnown = coverage.every(({ reason }) => reason === null);
  assert.deepEqual([run.status, verdict, matches.length], isKnown ? [0, 'clean', 0] : [4, 'not-assessed', 0]);
});
