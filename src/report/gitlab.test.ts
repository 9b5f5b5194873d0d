import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../model/report.ts';
import { gitlabSchema } from '../testing/gitlab-schema.ts';
import { cleanReport, hostileReport, hostileText, incompleteReports } from '../testing/incomplete-reports.ts';
import { schemaValidator } from '../testing/official-schema.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { gitlabFormat } from './gitlab.ts';

/** The fields that the tests read. */
interface Scan {
  readonly scan: { status: string; start_time: string; messages: { level: string; value: string }[] };
  readonly vulnerabilities: {
    id: string;
    name: string;
    severity: string;
    solution?: string;
    identifiers: { type: string; value: string; url?: string }[];
    location: unknown;
  }[];
}

function render(report: Report): Scan {
  return JSON.parse([...gitlabFormat.write(report, { colors: false })].join('')) as Scan;
}

const reports = [sampleReport, cleanReport, hostileReport(hostileText), ...Object.values(incompleteReports)];

test('writes reports that are valid by the schema of GitLab', () => {
  const problems = schemaValidator(gitlabSchema);
  for (const report of reports) assert.deepEqual(problems(render(report)), []);
  const [match] = sampleReport.matches;
  assert.ok(match);
  const long = 'é'.repeat(2_000_000);
  const vulnerability = { ...match.vulnerability, id: long, description: long };
  const endless = { ...sampleReport, matches: [{ ...match, vulnerability }] };
  assert.deepEqual(problems(render(endless)), []);
});

test('writes name, severity, solution, identifiers and location of a finding', () => {
  const { id: _, ...first } = render(sampleReport).vulnerabilities[0] ?? { id: '' };
  const url = 'https://security-tracker.debian.org/tracker/CVE-2023-4863';
  assert.deepEqual(first, {
    name: 'CVE-2023-4863 in libwebp7',
    description:
      'A crafted lossless WebP picture writes beyond a heap buffer while its Huffman tables are built.',
    severity: 'Critical',
    solution: 'libwebp7 1.2.4-0.2: fixed in 1.2.4-0.2+deb12u1',
    identifiers: [{ type: 'cve', name: 'CVE-2023-4863', value: 'CVE-2023-4863', url }],
    links: [{ url }],
    location: {
      dependency: { package: { name: 'libwebp7' }, version: '1.2.4-0.2' },
      operating_system: 'debian 12',
      image: 'registry.example/shop/web:1.4.2',
    },
  });
});

test('gives each finding a unique and stable id', () => {
  const ids = render(sampleReport).vulnerabilities.map(({ id }) => id);
  assert.equal(new Set(ids).size, sampleReport.matches.length);
  assert.deepEqual(
    render(structuredClone(sampleReport)).vulnerabilities.map(({ id }) => id),
    ids,
  );
});

test('leaves out suppressed findings and writes the reason as a message', () => {
  const { scan, vulnerabilities } = render(sampleReport);
  assert.ok(!vulnerabilities.some(({ name }) => name.startsWith('CVE-2023-39804')));
  assert.deepEqual(scan.messages, [
    { level: 'info', value: '1 suppressed: ignored by .clairignore: no archives from outside are unpacked' },
  ]);
});

test('takes the time from the advisories', () => {
  assert.equal(render(sampleReport).scan.start_time, '2024-09-13T06:00:00');
});

for (const [what, report] of Object.entries(incompleteReports)) {
  test(`writes a vulnerability of unknown severity when the assessment is incomplete: ${what}`, () => {
    const { scan, vulnerabilities } = render(report);
    assert.deepEqual(
      vulnerabilities.map(({ severity, identifiers }) => [severity, identifiers[0]?.value]),
      [['Unknown', 'not-assessed']],
    );
    assert.equal(scan.status, report.verdict === 'not-assessed' ? 'failure' : 'success');
  });
}

test('writes no vulnerabilities when the image is clean', () => {
  assert.deepEqual(render(cleanReport).vulnerabilities, []);
  assert.equal(render(cleanReport).scan.status, 'success');
});
