import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../../model/report.ts';
import type { ReportFormat } from '../../plugin/report-format.ts';
import {
  cleanReport,
  hostileReport,
  hostileText,
  incompleteReports,
} from '../../testing/incomplete-reports.ts';
import { sampleMatch, samplePackage, sampleReport } from '../../testing/sample-report.ts';
import { vulnerabilityReportProblems } from '../../testing/v4-report-schemas.ts';
import { clair4Format, quayFormat } from './formats.ts';
import type { V4VulnerabilityReport } from './types.ts';

function render(format: ReportFormat, report: Report): unknown {
  return JSON.parse([...format.write(report, { colors: false })].join(''));
}

const zlib = samplePackage('zlib1g', '1:1.2', 'zlib');
const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
const scored = {
  id: 'CVE-2026-1',
  severity: 'Defcon1' as const,
  description: 'Overflows.',
  cvss: [{ source: 'nvd', vector, score: 9.8 }],
};
const report: Report = {
  ...cleanReport,
  distro: { id: 'debian', versionId: '12', versionCodename: 'bookworm', like: [] },
  packages: [samplePackage('bash', '5.2'), zlib],
  matches: [sampleMatch(zlib, scored, { state: 'fixed', version: '1:1.3' })],
  verdict: 'vulnerable',
};

test('writes vulnerability reports that clients of Clair v4 accept', () => {
  for (const one of [
    ...[report, sampleReport, cleanReport, hostileReport(hostileText)],
    ...Object.values(incompleteReports),
  ])
    assert.deepEqual(vulnerabilityReportProblems(render(clair4Format, one) as object), []);
});

test('writes the finding of a package with its fix and its score', () => {
  const document = render(clair4Format, report) as V4VulnerabilityReport;
  assert.deepEqual(document.package_vulnerabilities, { 2: ['1'] });
  const found = document.vulnerabilities['1'] ?? assert.fail();
  assert.deepEqual(
    [found.name, found.normalized_severity, found.fixed_in_version, found.package.name, found.package.kind],
    ['CVE-2026-1', 'Critical', '1:1.3', 'zlib', 'source'],
  );
  assert.deepEqual([found.distribution.did, found.distribution.version_id], ['debian', '12']);
  assert.equal(document.environments['2']?.[0]?.distribution_id, '1');
});

test('writes a fixed version without the epoch 0, like the version of the package', () => {
  for (const [version, shown] of [
    ['0:1.3-1.el9', '1.3-1.el9'],
    ['10:1.3', '10:1.3'],
  ] as const) {
    const fixed = { ...report, matches: [sampleMatch(zlib, scored, { state: 'fixed', version })] };
    const { vulnerabilities } = render(clair4Format, fixed) as V4VulnerabilityReport;
    assert.equal(vulnerabilities['1']?.fixed_in_version, shown);
    assert.ok(JSON.stringify(render(quayFormat, fixed)).includes(`"FixedBy":"${shown}"`));
  }
});

test('writes the members that policies read in the view of Quay', () => {
  const { status, data } = render(quayFormat, report) as {
    status: string;
    data: { Layer: { Features: object[] } };
  };
  assert.equal(status, 'scanned');
  const [bash, vulnerable] = data.Layer.Features as { Name: string; Vulnerabilities: object[] }[];
  assert.deepEqual([bash?.Name, bash?.Vulnerabilities], ['bash', []]);
  // The members are those of clair-action's output.
  assert.deepEqual(vulnerable?.Vulnerabilities, [
    {
      Severity: 'Critical',
      NamespaceName: 'debian',
      FixedBy: '1:1.3',
      Name: 'CVE-2026-1',
      Link: 'https://security-tracker.debian.org/tracker/CVE-2026-1',
      Description: 'Overflows.',
      Metadata: {
        UpdatedBy: 'debian',
        RepoName: '',
        RepoLink: '',
        DistroName: 'Debian GNU/Linux',
        DistroVersion: '12 (bookworm)',
        NVD: { CVSSv3: { Vectors: vector, Score: 9.8 } },
      },
    },
  ]);
});

test('says in both forms that an image was not assessed, and only then', () => {
  for (const format of [clair4Format, quayFormat]) {
    for (const [name, one] of Object.entries(incompleteReports))
      assert.ok([...format.write(one, { colors: false })].join('').includes('not-assessed'), name);
    assert.ok(![...format.write(cleanReport, { colors: false })].join('').includes('not-assessed'));
  }
});
