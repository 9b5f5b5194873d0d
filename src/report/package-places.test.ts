import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Package, PackageEvidence, ReportedPackage } from '../model/package.ts';
import type { Match, Report } from '../model/report.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { groupTitle } from './package-places.ts';
import { subjectText, updateAdvice } from './report-text.ts';
import { tableFormat } from './table.ts';

const [base, upper] = sampleReport.layers;

function languagePackage(type: string, path: string, evidence: PackageEvidence = 'installed'): Package {
  return {
    type,
    name: 'demo',
    version: '1.0.0',
    purl: `pkg:${type}/demo@1.0.0`,
    foundBy: type,
    evidence,
    location: { path, layer: upper?.diffId ?? null },
  };
}

function findingOf(found: Package, id: string): Match {
  const { evidence, locations } = found;
  const match = sampleMatch(found, { id, severity: 'High' }, { state: 'fixed', version: '1.0.1' });
  const more = { ...(evidence && { evidence }), ...(locations && { locationCount: locations.length }) };
  return { ...match, package: { ...match.package, ...more } };
}

function reportOf(packages: readonly Package[], more: Partial<Report> = {}): Report {
  const matches = packages.map((found, index) => findingOf(found, `CVE-2024-${1000 + index}`));
  return { ...sampleReport, packages, matches, suppressed: [], ...more };
}

/** Returns the table of findings, without the lines around it. */
function tableOf(report: Report, detail = false): string[] {
  const lines = [...tableFormat.write(report, { colors: false, detail })].join('').split('\n');
  return lines.slice(lines.findIndex((line) => line.startsWith('PACKAGE')) + 1).slice(0, -5);
}

const sourceTree: Partial<Report> = {
  target: { ...sampleReport.target, kind: 'rootfs-dir', platform: null },
  distro: null,
};

test('names the directory that packages of one package manager share', () => {
  const cases: readonly (readonly [string, string, PackageEvidence, string])[] = [
    ['npm', 'app/node_modules/@a/b/package.json', 'installed', 'npm in /app/node_modules'],
    ['npm', 'app/node_modules/a/node_modules/b/package.json', 'vendored', 'npm in /app/node_modules'],
    ['npm', 'node_modules/a/package.json', 'installed', 'npm in /node_modules'],
    [
      'pypi',
      'v/lib/python3.12/site-packages/a-1.dist-info/METADATA',
      'installed',
      'pypi in /v/lib/python3.12/site-packages',
    ],
    ['gem', 'usr/local/bundle/specifications/rack-2.gemspec', 'installed', 'gem in /usr/local/bundle'],
    ['composer', 'app/vendor/composer/installed.json', 'installed', 'composer in /app/vendor'],
    ['hex', 'opt/shop/lib/jose-1.11.5/ebin/jose.app', 'installed', 'hex in /opt/shop/lib'],
    ['cran', 'usr/lib/R/library/base/DESCRIPTION', 'installed', 'cran in /usr/lib/R/library'],
    ['maven', 'app/libs/okio.jar', 'installed', 'maven in /app/libs'],
    ['maven', 'app/a.war!/WEB-INF/lib/b.jar!/c.jar', 'embedded-in-archive', 'maven in /app/a.war'],
    ['golang', 'usr/bin/yq', 'build-info', 'golang in /usr/bin/yq'],
    ['npm', 'app/package-lock.json', 'declared', 'npm in /app/package-lock.json'],
  ];
  for (const [type, path, evidence, title] of cases)
    assert.equal(groupTitle(reported(languagePackage(type, path, evidence)), sampleReport), title);
  assert.equal(groupTitle(reported(samplePackage('zlib1g', '1')), sampleReport), 'deb packages');
});

function reported({ type, name, version, purl, location, evidence }: Package): ReportedPackage {
  return { type, name, version, purl, location, source: null, ...(evidence && { evidence }) };
}

test('groups findings of several package managers and places in the table', () => {
  const table = tableOf(
    reportOf([
      languagePackage('npm', 'app/node_modules/demo/package.json'),
      samplePackage('zlib1g', '1:1.2'),
      languagePackage('pypi', 'usr/lib/python3/dist-packages/demo.dist-info/METADATA'),
    ]),
  );
  assert.deepEqual(table, [
    'npm in /app/node_modules',
    'demo     1.0.0      CVE-2024-1000  High      1.0.1',
    '',
    'pypi in /usr/lib/python3/dist-packages',
    'demo     1.0.0      CVE-2024-1002  High      1.0.1',
    '',
    'deb packages',
    'zlib1g   1:1.2      CVE-2024-1001  High      1.0.1',
  ]);
});

test('names the text that proves the version of a program when details are requested', () => {
  const found = {
    ...languagePackage('generic', 'opt/bin/nginx', 'binary-string'),
    proof: 'nginx version: nginx/1.22.1\x1b[2J',
  };
  const table = tableOf(reportOf([found]), true);
  assert.deepEqual(table.slice(-2), [
    '  demo 1.0.0: /opt/bin/nginx, layer 2 of 2',
    '  demo 1.0.0: proven by "nginx version: nginx/1.22.1\\u001b[2J"',
  ]);
  assert.equal(table[0], 'generic in /opt/bin/nginx');
});

test('names findings that only evidence of low confidence has when details are requested', () => {
  const found = languagePackage('generic', 'opt/bin/nginx', 'binary-string');
  const evidenceOf = (source: string, confidence?: 'low'): Match['evidence'][number] => ({
    source,
    advisory: 'CVE-1',
    namespace: 'generic:nginx',
    package: 'nginx',
    installed: '1.0.0',
    range: {},
    versionScheme: 'program',
    ...(confidence && { confidence }),
  });
  const low = evidenceOf('nvd-products', 'low');
  const matches = [
    { ...findingOf(found, 'CVE-1'), evidence: [low] },
    { ...findingOf(found, 'CVE-2'), evidence: [low, evidenceOf('cve-products')] },
    { ...findingOf(found, 'CVE-3'), evidence: [low] },
  ];
  const report = { ...reportOf([found]), matches };
  const line =
    '  demo 1.0.0: CVE-1, CVE-3: confidence low: only NVD states these versions, and it often lacks the fixes of release lines';
  assert.equal(tableOf(report, true).at(-1), line);
  assert.ok(!tableOf(report).includes(line));
});

test('lists all locations of a package once when details are requested', () => {
  const paths = ['app/node_modules/demo/package.json', 'srv/node_modules/demo/package.json'];
  const locations = paths.map((path, index) => ({
    path,
    layer: (index === 0 ? upper : base)?.diffId ?? null,
  }));
  const found = { ...languagePackage('npm', paths[0] ?? ''), locations };
  const report = { ...reportOf([found]), matches: [findingOf(found, 'CVE-1'), findingOf(found, 'CVE-2')] };
  const rows = [
    'npm in /app/node_modules',
    'demo (2x)  1.0.0      CVE-1          High      1.0.1',
    'demo (2x)  1.0.0      CVE-2          High      1.0.1',
  ];
  assert.deepEqual(tableOf(report), rows);
  assert.deepEqual(tableOf(report, true), [
    ...rows,
    '  demo 1.0.0: /app/node_modules/demo/package.json, layer 2 of 2',
    '  demo 1.0.0: /srv/node_modules/demo/package.json, layer 1 of 2',
  ]);
});

test('describes a source tree without a distribution, a platform or layers', () => {
  const report = reportOf([languagePackage('npm', 'web/package-lock.json', 'declared')], sourceTree);
  assert.equal(subjectText(report), 'source tree, 1 package (npm)');
  assert.equal(tableOf(report)[0], 'npm in web/package-lock.json');
  const unknown = { ...report, packages: [samplePackage('zlib1g', '1')] };
  assert.match(subjectText(unknown), /^unknown distribution, unknown platform, /);
});

test('advises to upgrade an archive of unknown version', () => {
  const found = { name: 'okio', parent: { name: 'shop.jar' } };
  assert.equal(
    updateAdvice({ state: 'fixed', version: '2.0' }, found),
    'Upgrade shop.jar to a version that contains okio 2.0 or later.',
  );
});
