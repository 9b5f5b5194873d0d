import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../extensions.ts';
import type { Match, Report } from '../model/report.ts';
import type { FindingOrder, ReportFormat } from '../plugin/report-format.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { sortFindings } from './finding.ts';
import { htmlFormat } from './html/html.ts';
import { junitFormat } from './junit.ts';
import { tableFormat } from './table.ts';
import { templateFormat } from './template.ts';

const fixed = { state: 'fixed', version: '9' } as const;

/** One finding for each criterion: the names are in the order of risk. */
const findings: readonly Match[] = [
  sampleMatch(samplePackage('m-unfixed', '1'), { id: 'CVE-2024-10000', severity: 'High', epss: 0.2 }),
  sampleMatch(samplePackage('c-low', '1'), { id: 'CVE-2024-9999', severity: 'Low', epss: 0.9 }, fixed),
  sampleMatch(samplePackage('z-kev', '1'), { id: 'CVE-2019-1', severity: 'Medium', kev: true }),
  sampleMatch(samplePackage('b-critical', '1'), { id: 'CVE-2021-3', severity: 'Critical', epss: 0.1 }),
  sampleMatch(samplePackage('a-fixed', '1'), { id: 'CVE-2022-4', severity: 'High' }, fixed),
];

const orders: Readonly<Record<FindingOrder, readonly string[]>> = {
  risk: ['z-kev', 'b-critical', 'a-fixed', 'm-unfixed', 'c-low'],
  severity: ['b-critical', 'a-fixed', 'm-unfixed', 'z-kev', 'c-low'],
  epss: ['c-low', 'm-unfixed', 'b-critical', 'z-kev', 'a-fixed'],
  package: ['a-fixed', 'b-critical', 'c-low', 'm-unfixed', 'z-kev'],
  vulnerability: ['z-kev', 'b-critical', 'a-fixed', 'c-low', 'm-unfixed'],
};

const report: Report = { ...sampleReport, matches: findings, suppressed: [] };

function namesIn(format: ReportFormat, order: FindingOrder, pattern: RegExp): string[] {
  const text = [...format.write(report, { colors: false, order })].join('');
  return Array.from(text.matchAll(pattern), ([, name = '']) => name);
}

test('sorts findings by the criterion of each order, and by risk where it leaves them equal', () => {
  for (const [order, names] of Object.entries(orders)) {
    const sorted = sortFindings(findings, order as FindingOrder);
    assert.deepEqual(
      sorted.map((match) => match.package.name),
      names,
      order,
    );
  }
  assert.deepEqual(sortFindings(findings), sortFindings(findings, 'risk'));
});

test('writes findings in the selected order in table, html, junit and template', () => {
  const template = templateFormat('names.txt', '{{#matches}}<{{package.name}}>{{/matches}}');
  for (const [name, names] of Object.entries(orders)) {
    const order = name as FindingOrder;
    assert.deepEqual(namesIn(tableFormat, order, /^([abcmz]-\w+)/gm), names, `table, ${order}`);
    assert.deepEqual(namesIn(htmlFormat(builtIn.schemes), order, /<h3>([^<]+)/g), names, `html, ${order}`);
    assert.deepEqual(namesIn(junitFormat, order, /classname="([abcmz]-\w+)/g), names, `junit, ${order}`);
    assert.deepEqual(namesIn(template, order, /<([^>]+)>/g), names, `template, ${order}`);
  }
});

test('selects the order of the HTML page in its list, and keeps the rank by risk of each package', () => {
  const labels = {
    risk: 'Danger',
    severity: 'Severity',
    epss: 'EPSS',
    package: 'Package',
    vulnerability: 'Vulnerability ID',
  };
  for (const [order, label] of Object.entries(labels) as [FindingOrder, string][]) {
    const selected = namesIn(htmlFormat(builtIn.schemes), order, /<option value="\w+" selected>([^<]+)/g);
    assert.deepEqual(selected, order === 'risk' ? [] : [label], order);
    const ranks = namesIn(htmlFormat(builtIn.schemes), order, /data-rank="(\d)"/g).map(Number);
    assert.deepEqual(
      ranks,
      orders[order].map((name) => orders.risk.indexOf(name)),
      order,
    );
  }
});
