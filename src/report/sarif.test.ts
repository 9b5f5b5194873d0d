import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../model/report.ts';
import { cleanReport, hostileReport, hostileText, incompleteReports } from '../testing/incomplete-reports.ts';
import { sarifValidator } from '../testing/official-schema.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { sarifFormat } from './sarif.ts';

/** The fields that the tests read; the schema checks the rest. */
interface Log {
  readonly runs: readonly [
    {
      readonly tool: {
        driver: { version: string; rules: { id: string; properties?: Record<string, unknown> }[] };
      };
      readonly automationDetails: { id: string };
      readonly invocations: readonly [
        { executionSuccessful: boolean; toolExecutionNotifications: { message: { text: string } }[] },
      ];
      readonly results: readonly {
        ruleId: string;
        ruleIndex: number;
        level: string;
        message: { text: string };
        locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
        partialFingerprints: Record<string, string>;
        suppressions?: { justification: string }[];
      }[];
    },
  ];
}

function render(report: Report): string {
  return [...sarifFormat.write(report, { colors: false })].join('');
}

function run(report: Report): Log['runs'][0] {
  return (JSON.parse(render(report)) as Log).runs[0];
}

test('writes logs that are valid by the schema of SARIF 2.1.0', () => {
  const problems = sarifValidator();
  const reports = [
    sampleReport,
    cleanReport,
    hostileReport(hostileText),
    ...Object.values(incompleteReports),
  ];
  for (const report of reports) assert.deepEqual(problems(JSON.parse(render(report))), []);
  assert.notDeepEqual(problems({ version: '2.1.0', runs: [{ results: [{}] }] }), []);
});

test('writes package, version, vulnerability, severity, fix and location of a finding', () => {
  const [first] = run(sampleReport).results;
  assert.equal(first?.ruleId, 'CVE-2023-4863');
  assert.equal(first.level, 'error');
  assert.equal(
    first.message.text,
    'libwebp7 1.2.4-0.2: CVE-2023-4863 (Critical), fixed in 1.2.4-0.2+deb12u1',
  );
  assert.equal(first.locations[0]?.physicalLocation.artifactLocation.uri, 'var/lib/dpkg/status');
});

test('refers from every result to its rule', () => {
  const { results, tool } = run({ ...sampleReport, coverage: [] });
  for (const { ruleId, ruleIndex } of results) assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId);
  assert.equal(results.length, sampleReport.matches.length + sampleReport.suppressed.length + 1);
});

test('writes a security-severity that agrees with the severity of the report', () => {
  // The vendor rates Critical, NVD 8.8. The thresholds are those of GitHub's documentation.
  const numbers = new Map(
    run(sampleReport).tool.driver.rules.map(({ id, properties }) => [id, properties?.['security-severity']]),
  );
  assert.equal(numbers.get('CVE-2023-4863'), '9.1');
  assert.equal(numbers.get('CVE-2024-2398'), '7.0');
  assert.equal(numbers.get('CVE-2005-2541'), '1.0');
  assert.equal(numbers.get('CVE-2020-22916'), undefined);
});

test('writes the reason of a suppressed finding', () => {
  const suppressed = run(sampleReport).results.filter(({ suppressions }) => suppressions !== undefined);
  assert.deepEqual(
    suppressed.map(({ ruleId, suppressions }) => [ruleId, suppressions?.[0]?.justification]),
    [['CVE-2023-39804', 'ignored by .clairignore: no archives from outside are unpacked']],
  );
});

test('gives findings different fingerprints, and keeps them when an update has no fix', () => {
  const prints = (report: Report): unknown[] =>
    run(report).results.map(({ partialFingerprints }) => partialFingerprints['primaryLocationLineHash']);
  assert.equal(new Set(prints(sampleReport)).size, prints(sampleReport).length);
  const updated = sampleReport.matches.map((match) => ({
    ...match,
    package: { ...match.package, version: '99' },
  }));
  assert.deepEqual(prints({ ...sampleReport, matches: updated }), prints(sampleReport));
});

for (const [what, report] of Object.entries(incompleteReports)) {
  test(`writes a result when the assessment is incomplete: ${what}`, () => {
    const { results, invocations } = run(report);
    assert.equal(results[0]?.ruleId, 'not-assessed');
    assert.equal(invocations[0].executionSuccessful, report.verdict !== 'not-assessed');
  });
}

test('writes no results when the image is clean', () => {
  assert.deepEqual(run(cleanReport).results, []);
  assert.deepEqual(run(cleanReport).invocations[0].toolExecutionNotifications, []);
});

test('breaks links in untrusted names', () => {
  for (const { message } of run(hostileReport(hostileText)).results) assert.ok(!message.text.includes(']('));
});

test('writes equal bytes when the reports are equal, and the version of package.json', async () => {
  const manifest = await import('../../package.json', { with: { type: 'json' } });
  assert.equal(render(sampleReport), render(structuredClone(sampleReport)));
  assert.equal(run(sampleReport).tool.driver.version, manifest.default.version);
});
