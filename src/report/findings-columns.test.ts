import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onlySeverities } from '../match/report-filters.ts';
import type { Report } from '../model/report.ts';
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
