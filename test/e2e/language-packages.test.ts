import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Report } from '../../src/model/report.ts';
import { corpusTest } from '../../src/testing/corpus.ts';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { clair, report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

const place = join(scratch, 'language-packages');
mkdirSync(place, { recursive: true });

const options = (): string[] => ['--mirror', corpusMirror(), '--db', join(place, 'clair.db')];

const manifest = (path: string, name: string, version: string): TarEntryPlan => ({
  path: `${path}/package.json`,
  content: JSON.stringify({ name, version }),
});

/** A Wolfi package without vulnerabilities, which owns files. */
function wolfi(...owned: readonly string[]): TarEntryPlan[] {
  const files = owned.map((path) => `F:${dirname(path)}\nR:${path.slice(dirname(path).length + 1)}\n`);
  return [
    { path: 'etc/os-release', content: 'ID=wolfi\nVERSION_ID=20230201\nPRETTY_NAME=Wolfi\n' },
    { path: 'lib/apk/db/installed', content: `P:app\nV:99-r0\nA:x86_64\no:app\n${files.join('')}\n` },
  ];
}

function image(name: string, ...layers: readonly (readonly TarEntryPlan[])[]): string {
  const file = join(place, `${name}.tar`);
  writeFileSync(file, dockerArchive(buildImage({ steps: layers.map((entries) => ({ tar: tar(entries) })) })));
  return file;
}

/** The ids and packages of findings. */
const findingsOf = ({ matches }: Report): string[] =>
  matches.map((match) => `${match.vulnerability.id} ${match.package.name} ${match.package.version}`);

const prototypePollution = 'CVE-2020-8203 lodash 4.17.15';

corpusTest('is vulnerable when an image has a vulnerable npm package beside assessed packages', () => {
  const app = [manifest('app/node_modules/lodash', 'lodash', '4.17.15')];
  const scanned = report('scan', image('app', wolfi(), app), ...options());
  assert.equal(scanned.verdict, 'vulnerable');
  assert.ok(findingsOf(scanned).includes(prototypePollution));
  assert.deepEqual(
    scanned.coverage.filter(({ evidence }) => evidence !== undefined),
    [],
  );
});

corpusTest('is clean when the npm package is newer, and not after a broken manifest', () => {
  const fixed = [manifest('app/node_modules/lodash', 'lodash', '99.0.0')];
  assert.equal(report('scan', image('fixed', wolfi(), fixed), ...options()).verdict, 'clean');
  const path = 'app/node_modules/broken/package.json';
  const broken = report(
    'scan',
    image('broken', wolfi(), [...fixed, { path, content: '{"na' }]),
    ...options(),
  );
  assert.equal(broken.verdict, 'not-assessed');
  const status = broken.statuses.find(({ extension }) => extension === 'npm');
  assert.deepEqual([status?.status, status?.files.map((file) => file.path)], ['partly-failed', [path]]);
});

corpusTest('does not match a package that the distribution owns, and explains why', () => {
  const path = 'usr/lib/node_modules/lodash';
  const files = [manifest(path, 'lodash', '4.17.15')];
  const owned = image('owned', [...wolfi(`${path}/package.json`), ...files]);
  const scanned = report('scan', owned, ...options());
  assert.deepEqual([scanned.verdict, findingsOf(scanned)], ['clean', []]);
  const [found] = scanned.packages.filter(({ type }) => type === 'npm');
  assert.deepEqual([found?.name, found?.owner], ['lodash', 'app']);
  const explained = clair(['explain', owned, 'CVE-2020-8203', ...options()]);
  assert.match(explained.stdout, /app, a package of the distribution, owns its files/);
});

corpusTest('matches a package when it is also at a path that no package of the distribution owns', () => {
  const path = 'usr/lib/node_modules/lodash';
  const files = [path, 'srv/node_modules/lodash'].map((at) => manifest(at, 'lodash', '4.17.15'));
  const scanned = report('scan', image('twice', [...wolfi(`${path}/package.json`), ...files]), ...options());
  assert.ok(findingsOf(scanned).includes(prototypePollution));
  const [match] = scanned.matches;
  assert.deepEqual(
    [match?.package.location.path, match?.package.locationCount],
    ['srv/node_modules/lodash/package.json', 2],
  );
});

corpusTest('matches a package that a package of another repository owns', () => {
  const path = 'opt/acme/node_modules/lodash';
  const files = [manifest(path, 'lodash', '4.17.15')];
  const scanned = report('scan', image('third', [...wolfi(`${path}/package.json`), ...files]), ...options());
  assert.deepEqual([scanned.verdict, scanned.matches[0]?.package.name], ['vulnerable', 'lodash']);
});

corpusTest('names the package to upgrade when a package manager contains the vulnerable one', () => {
  const npm = 'usr/local/lib/node_modules/npm';
  const files = [
    manifest(npm, 'npm', '99.0.0'),
    manifest(`${npm}/node_modules/lodash`, 'lodash', '4.17.15'),
    manifest(`${npm}/node_modules/a/node_modules/lodash`, 'lodash', '4.17.15'),
  ];
  const target = image('vendored', [...wolfi(), ...files]);
  const { stdout } = clair(['scan', target, ...options()]);
  assert.match(stdout, /^lodash \(2x\) +4\.17\.15 +CVE-2020-8203 +\S+ +\S+ \(in npm 99\.0\.0\)/m);
  const sarif = clair(['scan', target, ...options(), '--format', 'sarif']);
  assert.match(sarif.stdout, /part of npm 99\.0\.0: upgrade npm/);
  const cyclonedx = clair(['scan', target, ...options(), '--format', 'cyclonedx']);
  assert.match(cyclonedx.stdout, /Upgrade npm 99\.0\.0 to a version that contains lodash \d/);
});

corpusTest('gives the same result for the SBOM of an image as for the image', () => {
  const path = 'usr/lib/node_modules/lodash';
  const npm = 'usr/local/lib/node_modules/npm';
  const files = [
    manifest(path, 'lodash', '4.17.15'),
    manifest(npm, 'npm', '99.0.0'),
    ...['minimist', 'a/node_modules/minimist'].map((at) =>
      manifest(`${npm}/node_modules/${at}`, 'minimist', '0.0.8'),
    ),
  ];
  const target = image('sbom', [...wolfi(`${path}/package.json`), ...files]);
  const scanned = report('scan', target, ...options());
  assert.equal(scanned.packages.length, 4);
  for (const format of ['cyclonedx', 'spdx', 'json']) {
    const file = join(place, `sbom.${format}.json`);
    writeFileSync(file, clair(['sbom', target, '--format', format, '--db', ':memory:']).stdout);
    const again = report('scan', `sbom:${file}`, ...options());
    assert.deepEqual(again.packages, scanned.packages, format);
    assert.deepEqual(findingsOf(again), findingsOf(scanned), format);
    assert.equal(again.verdict, scanned.verdict, format);
  }
});
