import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Report } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { compareCauses } from './compare-causes.ts';
import { type ComparableReport, compareReports, onlyNew } from './compare-reports.ts';

/** A report with these packages, `name version`, and these findings, `id name version`. */
function reportOf(packages: readonly string[], findings: readonly string[]): ComparableReport {
  return {
    target: { reference: 'image' },
    verdict: findings.length > 0 ? 'vulnerable' : 'clean',
    packages: packages.map((text) => {
      const [name = '', version = ''] = text.split(' ');
      return { type: 'deb', name, version };
    }),
    matches: findings.map((text) => {
      const [id = '', name = '', version = ''] = text.split(' ');
      const severity = id.endsWith('9') ? 'High' : 'Low';
      return {
        vulnerability: { id, severity },
        package: { type: 'deb', name, version },
        fix: { state: 'unfixed' },
      };
    }),
  };
}

test('lists added, removed and changed packages', () => {
  const { packages, schemaVersion } = compareReports(
    reportOf(['a 1', 'b 1', 'kernel 5', 'kernel 6'], []),
    reportOf(['b 2', 'c 1', 'kernel 6', 'kernel 5'], []),
  );
  assert.equal(schemaVersion, 1);
  assert.deepEqual(packages, {
    came: [{ type: 'deb', name: 'c', versions: ['1'] }],
    went: [{ type: 'deb', name: 'a', versions: ['1'] }],
    changed: [{ type: 'deb', name: 'b', from: ['1'], to: ['2'] }],
  });
});

test('keeps a finding that another version still has, and sorts added ones by severity', () => {
  const { findings } = compareReports(
    reportOf(['a 1'], ['CVE-1 a 1', 'CVE-2 a 1']),
    reportOf(['a 2', 'b 1'], ['CVE-1 a 2', 'CVE-3 a 2', 'CVE-9 b 1']),
  );
  assert.equal(findings.stayed, 1);
  assert.deepEqual(
    findings.came.map(({ id, package: item }) => `${id} ${item.name}`),
    ['CVE-9 b', 'CVE-3 a'],
  );
  assert.deepEqual(
    findings.went.map(({ id }) => id),
    ['CVE-2'],
  );
});

test('sorts equal severities by package, then by id, then by package type', () => {
  const bare = reportOf([], []);
  const [first, second, third] = reportOf([], ['CVE-2 b 1', 'CVE-1 b 1', 'CVE-3 a 1']).matches;
  assert.ok(first && second && third);
  const other = { ...second, package: { ...second.package, type: 'apk' } };
  const { findings } = compareReports(bare, { ...bare, matches: [first, second, third, other] });
  assert.deepEqual(
    findings.came.map(({ id, package: { type, name } }) => `${name} ${id} ${type}`),
    ['a CVE-3 deb', 'b CVE-1 apk', 'b CVE-1 deb', 'b CVE-2 deb'],
  );
});

const names = fc.constantFrom('a', 'b', 'c');
const findingTexts = fc.array(fc.tuple(fc.constantFrom('CVE-1', 'CVE-2', 'CVE-9'), names), { maxLength: 8 });
const reports = findingTexts.map((found) =>
  reportOf(
    found.map(([, name]) => `${name} 1`),
    found.map(([id, name]) => `${id} ${name} 1`),
  ),
);

test('finds no difference between equal reports, and swaps added and removed in reverse', () => {
  fc.assert(
    fc.property(reports, reports, (a, b) => {
      const { packages, findings } = compareReports(a, a);
      assert.deepEqual(
        [packages.came, packages.went, packages.changed, findings.came, findings.went],
        [[], [], [], [], []],
      );
      const [there, back] = [compareReports(a, b), compareReports(b, a)];
      assert.deepEqual(there.findings.came, back.findings.went);
      assert.deepEqual(there.packages.came, back.packages.went);
      assert.equal(there.findings.stayed, back.findings.stayed);
    }),
  );
});

test('suppresses findings that are not new, and keeps the verdict', () => {
  const count = sampleReport.matches.length;
  const all = onlyNew(sampleReport, sampleReport);
  assert.deepEqual(all.matches, []);
  assert.equal(all.suppressed.length, sampleReport.suppressed.length + count);
  assert.equal(all.verdict, sampleReport.verdict);
  const none = onlyNew(sampleReport, reportOf([], []));
  assert.deepEqual(none, sampleReport);
});

/** A report with these findings of the package `a`, by id. */
function findingsOf(severities: Readonly<Record<string, Severity>>): Report {
  const found = samplePackage('a', '1');
  const matches = Object.entries(severities).map(([id, severity]) => sampleMatch(found, { id, severity }));
  return { ...sampleReport, matches, suppressed: [] };
}

test('says of each difference whether the image or the knowledge is its cause', () => {
  const { gone, changed, same, ...difference } = compareCauses({
    before: findingsOf({ 'CVE-1': 'Low', 'CVE-2': 'Low', 'CVE-3': 'Low', 'CVE-4': 'Low', 'CVE-8': 'Low' }),
    between: findingsOf({ 'CVE-2': 'Low', 'CVE-3': 'High', 'CVE-4': 'Low', 'CVE-5': 'Low', 'CVE-8': 'Low' }),
    after: findingsOf({
      ...{ 'CVE-3': 'High', 'CVE-4': 'Medium', 'CVE-5': 'Low' },
      ...{ 'CVE-6': 'Critical', 'CVE-8': 'Low' },
    }),
  });
  const rows = (findings: readonly { readonly vulnerability: string; readonly cause: string }[]): string[] =>
    findings.map(({ vulnerability, cause }) => `${vulnerability} ${cause}`);
  assert.deepEqual(rows(gone), ['CVE-1 image', 'CVE-2 knowledge']);
  assert.deepEqual(rows(difference.new), ['CVE-6 knowledge', 'CVE-5 image']);
  assert.deepEqual(rows(changed), ['CVE-3 image', 'CVE-4 knowledge']);
  assert.deepEqual(
    changed.map(({ before }) => before.severity),
    ['Low', 'Low'],
  );
  assert.equal(same, 1);
});
