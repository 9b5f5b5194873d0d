import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onlySeverities } from '../match/report-filters.ts';
import type { Report, SuppressedMatch } from '../model/report.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { htmlFormat } from './html/html.ts';
import { tableFormat } from './table.ts';

const openssl = samplePackage('libssl3', '3.0.11-1~deb12u2', 'openssl');
const zlib = samplePackage('zlib1g', '1:1.2.13.dfsg-1', 'zlib');
const report: Report = {
  ...sampleReport,
  matches: [
    sampleMatch(openssl, { id: 'CVE-2024-6119', severity: 'Medium' }),
    sampleMatch(zlib, { id: 'CVE-2023-45853', severity: 'Critical', kev: true }, { state: 'will-not-fix' }),
  ],
};

function shown(shownReport: Report): string {
  return [...tableFormat.write(shownReport, { colors: false })].join('');
}

/** Returns the cells of the column `RATED BY`, which is the last one here. */
function ratersOf(rated: Report): string[] {
  const [, rows = ''] = /RATED BY\n([\s\S]*?)\n\n/.exec(shown(rated)) ?? [];
  return rows.split('\n').map((row) => row.split(/ {2,}/).at(-1) ?? '');
}

test('shows who rated a finding when its advisories did not, and no such column otherwise', () => {
  const rated = (severitySource: string | null): Report => ({
    ...report,
    matches: [
      sampleMatch(openssl, { id: 'CVE-1', severity: 'High', severitySource }),
      sampleMatch(zlib, { id: 'CVE-2', severity: 'Low', severitySource: 'debian' }),
    ],
  });
  assert.deepEqual(ratersOf(rated('redhat')), ['redhat', 'debian']);
  for (const source of ['debian', null]) assert.doesNotMatch(shown(rated(source)), /RATED BY/);
});

test('lists exploited vulnerabilities when --severity hides them', () => {
  const hidden = onlySeverities(report, ['Low']);
  assert.match(shown(hidden), /^Known to be exploited, but not shown: CVE-2023-45853$/m);
  assert.doesNotMatch(shown(onlySeverities(report, ['Critical'])), /not shown: CVE/);
  const html = [...htmlFormat([]).write(hidden, { colors: false })].join('');
  assert.match(html, /listed below\. Known to be exploited, but not shown: CVE-2023-45853\./);
});

const low = { id: 'CVE-2024-1', severity: 'Low' } as const;
const ofCache: SuppressedMatch = { ...sampleMatch(zlib, low), reason: 'in a cache' };
const proven: SuppressedMatch = {
  ...sampleMatch(zlib, low),
  reason: 'GO-2024-1 affects only programs with x.F; opt/app has none of them',
  justification: 'vulnerable_code_not_present',
};

test('counts findings that programs disprove in one line, and shows the proof of a single one', () => {
  const other = { ...proven, reason: 'GO-2024-2 affects only programs with y.G; opt/app has none of them' };
  const one = shown({ ...report, suppressed: [proven] });
  assert.match(one, /^1 suppressed: GO-2024-1 affects only programs with x\.F; opt\/app has none of them$/m);
  const several = shown({ ...report, suppressed: [proven, ofCache, other] });
  assert.match(
    several,
    /^2 suppressed: programs do not contain the functions .* clair explain shows each proof$/m,
  );
  assert.match(several, /^1 suppressed: in a cache$/m);
});

test('begins a description after a heading that says nothing', () => {
  const cellOf = (description: string): string => {
    const text = shown({ ...report, matches: [sampleMatch(zlib, { ...low, description })] });
    return /DESCRIPTION\n(.*)\n/.exec(text)?.[1]?.split(/ {2,}/).at(-1) ?? '';
  };
  assert.equal(cellOf('### Impact\nA bad request ends it.'), 'A bad request ends it.');
  assert.equal(cellOf('## Description:\r\n\r\nA bad request'), 'A bad request');
  assert.equal(cellOf('**Summary**\n# Details\nA bad request'), 'A bad request');
  assert.equal(cellOf('# Withdrawn\nIt was wrong.'), '# Withdrawn It was wrong.');
  assert.equal(cellOf('Impact on all.'), 'Impact on all.');
  assert.equal(cellOf('### Impact\n'), '### Impact');
});

test('does not name the archive that is the title of the group as the parent', () => {
  const inJar = (name: string): string => {
    const match = sampleMatch(zlib, low);
    const location = { path: 'app/orders.jar!/BOOT-INF/lib/a.jar', layer: null };
    const contained = { type: 'maven', evidence: 'embedded-in-archive', location, parent: { name } } as const;
    return shown({ ...report, matches: [{ ...match, package: { ...match.package, ...contained } }] });
  };
  assert.match(inJar('orders.jar'), /maven in \/app\/orders\.jar/);
  assert.doesNotMatch(inJar('orders.jar'), /\(in /);
  assert.match(inJar('a.jar'), /\(in a\.jar\)/);
});
