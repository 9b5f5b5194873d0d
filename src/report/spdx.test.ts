import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { cleanReport, hostileReport, hostileText, incompleteReports } from '../testing/incomplete-reports.ts';
import { schemaValidator } from '../testing/official-schema.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { spdxSchema } from '../testing/spdx-schema.ts';
import { sbomSpdxFormat, spdxFormat } from './spdx.ts';

/** The fields that the tests read. */
interface Document {
  readonly comment?: string;
  readonly documentNamespace: string;
  readonly creationInfo: { created: string };
  readonly packages: {
    SPDXID: string;
    name: string;
    supplier: string;
    licenseDeclared: string;
    externalRefs?: { referenceCategory: string; referenceLocator: string; comment?: string }[];
    annotations: { comment: string }[];
  }[];
  readonly relationships: { spdxElementId: string; relationshipType: string; relatedSpdxElement: string }[];
  readonly hasExtractedLicensingInfos?: { licenseId: string; name: string }[];
}

function document(report: Report, format: ReportFormat = spdxFormat): Document {
  return JSON.parse([...format.write(report, { colors: false })].join('')) as Document;
}

const reports = [sampleReport, cleanReport, hostileReport(hostileText), ...Object.values(incompleteReports)];

test('writes documents that are valid by SPDX 2.3, without other fields', () => {
  const problems = schemaValidator(spdxSchema);
  for (const report of reports)
    for (const format of [spdxFormat, sbomSpdxFormat])
      assert.deepEqual(problems(document(report, format)), []);
});

test('writes unique identifiers and only relationships between existing elements', () => {
  for (const report of reports) {
    const { packages, relationships } = document(report);
    const ids = new Set(['SPDXRef-DOCUMENT', ...packages.map(({ SPDXID }) => SPDXID)]);
    assert.equal(ids.size, packages.length + 1);
    for (const { spdxElementId, relatedSpdxElement } of relationships)
      assert.ok(ids.has(spdxElementId) && ids.has(relatedSpdxElement));
    // Every element except the document is the target of one relationship.
    assert.equal(relationships.length, packages.length);
  }
});

const attributed: Report = {
  ...sampleReport,
  target: { ...sampleReport.target, created: '2023-10-11T02:03:04Z' },
  packages: sampleReport.packages.map((found, i) => ({
    ...found,
    supplier: i === 0 ? 'Example Team <team@example.org>' : 'Example',
    licenses: i === 0 ? ['GPL-2.0-or-later OR MIT', 'Artistic', 'curl'] : ['Artistic'],
    dependsOn: i === 0 ? [sampleReport.packages[1]?.purl ?? '', 'pkg:deb/debian/gone@1'] : [],
  })),
};

test('writes supplier, licences and dependencies in the fields of SPDX', () => {
  assert.deepEqual(schemaValidator(spdxSchema)(document(attributed)), []);
  const { packages, relationships, hasExtractedLicensingInfos: named } = document(attributed);
  const [, , first, second] = packages;
  assert.equal(first?.supplier, 'Organization: Example Team (team@example.org)');
  const reference = named?.[0]?.licenseId ?? '';
  assert.equal(first.licenseDeclared, `(GPL-2.0-or-later OR MIT) AND ${reference} AND curl`);
  assert.deepEqual(
    named?.map(({ name }) => name),
    ['Artistic'],
  );
  const dependencies = relationships.filter(({ relationshipType }) => relationshipType === 'DEPENDS_ON');
  assert.deepEqual(
    dependencies
      .slice(0, 2)
      .map(({ spdxElementId, relatedSpdxElement }) => [spdxElementId, relatedSpdxElement]),
    [
      [first.SPDXID, second?.SPDXID],
      [second?.SPDXID, 'NONE'],
    ],
  );
});

test('writes NOASSERTION and no dependencies when a package states none of them', () => {
  const { packages, relationships } = document(sampleReport);
  for (const { supplier, licenseDeclared } of packages)
    assert.deepEqual([supplier, licenseDeclared], ['NOASSERTION', 'NOASSERTION']);
  assert.ok(relationships.every(({ relationshipType }) => relationshipType !== 'DEPENDS_ON'));
});

test('uses the time of the image for an inventory, unless another is given', () => {
  const at = (time?: string): string => {
    const display = { colors: false, ...(time !== undefined && { time }) };
    const text = [...sbomSpdxFormat.write(attributed, display)].join('');
    return (JSON.parse(text) as Document).creationInfo.created;
  };
  assert.deepEqual([at(), at('2001-02-03T04:05:06Z')], ['2023-10-11T02:03:04Z', '2001-02-03T04:05:06Z']);
});

test('writes a finding as a reference to its advisory with severity and fix', () => {
  const found = document(sampleReport).packages.find(({ name }) => name === 'libwebp7');
  assert.deepEqual(found?.externalRefs, [
    {
      referenceCategory: 'PACKAGE-MANAGER',
      referenceType: 'purl',
      referenceLocator: 'pkg:deb/debian/libwebp7@1.2.4-0.2?arch=amd64&distro=debian-12',
    },
    {
      referenceCategory: 'SECURITY',
      referenceType: 'advisory',
      referenceLocator: 'https://security-tracker.debian.org/tracker/CVE-2023-4863',
      comment: 'CVE-2023-4863 (Critical, debian): fixed in 1.2.4-0.2+deb12u1',
    },
  ]);
});

test('writes every finding, and the reason of suppressed ones', () => {
  const comments = document(sampleReport).packages.flatMap(({ externalRefs = [] }) =>
    externalRefs.flatMap(({ comment }) => comment ?? []),
  );
  assert.equal(comments.length, sampleReport.matches.length + sampleReport.suppressed.length);
  assert.ok(
    comments.includes(
      'CVE-2023-39804 (Low, debian): fixed in 1.34+dfsg-1.2+deb12u1; suppressed: ignored by .clairignore: no archives from outside are unpacked',
    ),
  );
});

test('writes an inventory without vulnerabilities and with the problems of extensions', () => {
  const inventory = document(sampleReport, sbomSpdxFormat);
  assert.equal(inventory.comment, undefined);
  for (const { externalRefs = [] } of inventory.packages)
    for (const { referenceCategory } of externalRefs) assert.equal(referenceCategory, 'PACKAGE-MANAGER');
  const report = incompleteReports['an unreadable database'] ?? sampleReport;
  assert.equal(
    document(report, sbomSpdxFormat).comment,
    'Not everything was read: rpm: var/lib/rpm/rpmdb.sqlite: not a database',
  );
});

for (const [what, report] of Object.entries(incompleteReports)) {
  test(`writes a comment and no clean verdict when the assessment is incomplete: ${what}`, () => {
    const { comment = '' } = document(report);
    assert.match(comment, /^Verdict: (not assessed|no known vulnerability, but)/);
    assert.doesNotMatch(comment, /clean/);
  });
}

test('keeps all fields of a package in its annotation', () => {
  const [image, system, ...packages] = document(sampleReport).packages;
  const read = packages.map(({ annotations }) => JSON.parse(annotations[0]?.comment ?? '') as Package);
  assert.deepEqual(read, sampleReport.packages);
  assert.deepEqual(JSON.parse(system?.annotations[0]?.comment ?? ''), sampleReport.distro);
  const { target, namespaces, layers, statuses } = sampleReport;
  const about = { target, namespaces, layers, statuses };
  assert.deepEqual(JSON.parse(image?.annotations[0]?.comment ?? ''), about);
});

test('derives time and namespace from the content', () => {
  assert.equal(document(sampleReport).creationInfo.created, '2024-09-13T06:00:00Z');
  assert.equal(document({ ...sampleReport, coverage: [] }).creationInfo.created, '1970-01-01T00:00:00Z');
  const namespaces = reports.map((report) => document(report).documentNamespace);
  assert.equal(new Set(namespaces).size, reports.length);
  assert.deepEqual(document(structuredClone(sampleReport)), document(sampleReport));
});
