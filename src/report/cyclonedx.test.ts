import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../model/report.ts';
import type { SuppressionDecision } from '../model/suppression.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { cleanReport, hostileReport, hostileText, incompleteReports } from '../testing/incomplete-reports.ts';
import { cyclonedxValidator } from '../testing/official-schema.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { cyclonedxFormat, sbomCyclonedxFormat } from './cyclonedx.ts';

interface Property {
  readonly name: string;
  readonly value: string;
}

/** The fields that the tests read; the schema checks the rest. */
interface Bom {
  readonly serialNumber: string;
  readonly components: {
    'bom-ref': string;
    type: string;
    name: string;
    purl?: string;
    supplier?: object;
    licenses?: object[];
    properties: Property[];
  }[];
  readonly dependencies: { ref: string; dependsOn: string[] }[];
  readonly metadata: { timestamp: string };
  readonly compositions: { aggregate: string }[];
  readonly properties: Property[];
  readonly vulnerabilities?: {
    id: string;
    ratings: { severity?: string; score?: number; method?: string }[];
    recommendation?: string;
    cwes?: number[];
    advisories?: object[];
    analysis?: { state?: string; detail?: string };
    affects: { ref: string; versions?: { version: string; status: string }[] }[];
  }[];
}

function bom(report: Report, format: ReportFormat = cyclonedxFormat): Bom {
  return JSON.parse([...format.write(report, { colors: false })].join('')) as Bom;
}

const reports = [sampleReport, cleanReport, hostileReport(hostileText), ...Object.values(incompleteReports)];

test('writes documents that are valid by the schema of CycloneDX 1.6, with and without vulnerabilities', () => {
  const problems = cyclonedxValidator();
  for (const report of reports)
    for (const format of [cyclonedxFormat, sbomCyclonedxFormat])
      assert.deepEqual(problems(bom(report, format)), []);
  assert.notDeepEqual(problems({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [{}] }), []);
});

test('lists the system and every package as components with unique references', () => {
  const twice = [
    ...sampleReport.packages,
    ...sampleReport.packages.map((found) => ({ ...found, location: { path: 'opt', layer: null } })),
  ];
  const { components, dependencies } = bom({ ...sampleReport, packages: twice });
  assert.equal(components.length, 1 + twice.length);
  assert.deepEqual(new Set(components.map((component) => component['bom-ref'])).size, components.length);
  assert.deepEqual(
    dependencies[0]?.dependsOn,
    components.map((component) => component['bom-ref']),
  );
});

test('writes one component when a database lists a package twice', () => {
  const packages = [...sampleReport.packages, ...sampleReport.packages];
  assert.deepEqual(bom({ ...sampleReport, packages }).components, bom(sampleReport).components);
});

const attributed: Report = {
  ...sampleReport,
  target: { ...sampleReport.target, created: '2023-10-11T02:03:04Z' },
  packages: sampleReport.packages.map((found, i) => ({
    ...found,
    supplier: 'Example Team <team@example.org>',
    licenses:
      [
        ['MIT', 'Artistic'],
        ['GPL-2.0-or-later OR MIT', 'ISC'],
        ['MIT OR ISC', 'Artistic'],
      ][i] ?? [],
    ...(i < 2 && {
      dependsOn: i === 0 ? [sampleReport.packages[1]?.purl ?? '', 'pkg:deb/debian/gone@1'] : [],
    }),
  })),
};

test('writes supplier, licences, dependencies and time in the fields of CycloneDX', () => {
  assert.deepEqual(cyclonedxValidator()(bom(attributed)), []);
  const { components, dependencies, metadata } = bom(attributed);
  assert.equal(metadata.timestamp, '2024-09-13T06:00:00Z');
  assert.equal(bom(attributed, sbomCyclonedxFormat).metadata.timestamp, '2023-10-11T02:03:04Z');
  const [, first, second, third, fourth] = components;
  assert.deepEqual(first?.supplier, { name: 'Example Team', contact: [{ email: 'team@example.org' }] });
  assert.deepEqual(
    [first, second, third, fourth].map((component) => component?.licenses),
    [
      [{ license: { id: 'MIT' } }, { license: { name: 'Artistic' } }],
      [{ expression: '(GPL-2.0-or-later OR MIT) AND ISC' }],
      [{ license: { name: 'MIT OR ISC' } }, { license: { name: 'Artistic' } }],
      undefined,
    ],
  );
  assert.deepEqual(dependencies.slice(1), [
    { ref: first['bom-ref'], dependsOn: [second?.['bom-ref']] },
    { ref: second?.['bom-ref'], dependsOn: [] },
  ]);
});

test('writes the weaknesses of a vulnerability, and each page about it once', () => {
  const [match] = sampleReport.matches;
  assert.ok(match);
  const page = 'https://example.org/CVE-2023-4863';
  const advisories = [{ id: 'DSA-1', link: page, fixedVersion: null }];
  const vulnerability = { ...match.vulnerability, advisories, links: [page, `${page}#more`] };
  const weaknesses = ['CWE-787', 'NVD-CWE-noinfo'];
  const found = bom({
    ...sampleReport,
    matches: [{ ...match, vulnerability: { ...vulnerability, weaknesses } }],
  });
  const [entry] = found.vulnerabilities ?? [];
  assert.deepEqual(entry?.cwes, [787]);
  assert.deepEqual(entry.advisories, [{ title: 'DSA-1', url: page }, { url: `${page}#more` }]);
  assert.deepEqual(cyclonedxValidator()(found), []);
});

test('writes rating, recommendation and affected component of a vulnerability', () => {
  const { vulnerabilities = [], components } = bom(sampleReport);
  const webp = vulnerabilities.find(({ id }) => id === 'CVE-2023-4863');
  assert.ok(webp);
  assert.deepEqual(
    webp.ratings.map(({ severity, score, method }) => [severity, score, method]),
    [
      ['critical', undefined, 'other'],
      ['high', 8.8, 'CVSSv31'],
    ],
  );
  assert.equal(webp.recommendation, 'Update to 1.2.4-0.2+deb12u1 or later.');
  const affected = components.find((component) => component['bom-ref'] === webp.affects[0]?.ref);
  assert.equal(affected?.name, 'libwebp7');
});

test('refers only to components that exist', () => {
  for (const report of reports) {
    const { vulnerabilities = [], components } = bom(report);
    const references = new Set(['image', ...components.map((component) => component['bom-ref'])]);
    for (const { affects } of vulnerabilities)
      for (const { ref } of affects) assert.ok(references.has(ref), ref);
  }
});

test('writes an analysis state when VEX or a justified rule decides, and none when a rule only ignores', () => {
  const [match] = sampleReport.matches;
  assert.ok(match);
  const analysisOf = (decision: SuppressionDecision) =>
    bom({ ...sampleReport, matches: [], suppressed: [{ ...match, reason: 'so', decision }] })
      .vulnerabilities?.[0]?.analysis;
  const document = { id: 'x', author: 'y', place: 'z' };
  const fixed: SuppressionDecision = {
    by: 'vex',
    statement: { document, ids: [], products: [], status: 'fixed' },
  };
  assert.deepEqual(analysisOf(fixed), { state: 'resolved', detail: 'Suppressed: so' });
  const rule = { place: 'x:1', reason: 'so' };
  const justified: SuppressionDecision = {
    by: 'ignore',
    rule: { ...rule, justification: 'vulnerable_code_not_in_execute_path' },
  };
  assert.deepEqual(analysisOf(justified), {
    state: 'not_affected',
    justification: 'code_not_reachable',
    detail: 'Suppressed: so',
  });
  assert.deepEqual(analysisOf({ by: 'ignore', rule }), { detail: 'Suppressed: so' });
  assert.deepEqual(analysisOf({ by: 'option' }), { detail: 'Suppressed: so' });
});

test('writes the reason of a suppressed finding without calling it unaffected', () => {
  const suppressed = bom(sampleReport).vulnerabilities?.find(({ id }) => id === 'CVE-2023-39804');
  assert.deepEqual(suppressed?.analysis, {
    detail: 'Suppressed: ignored by .clairignore: no archives from outside are unpacked',
  });
});

test('writes unaffected when the vendor states that the package is not affected', () => {
  const [match] = sampleReport.matches;
  assert.ok(match);
  const cleared = { ...match, fix: { state: 'not-affected' }, reason: 'cleared by the vendor' } as const;
  const [entry] = bom({ ...sampleReport, matches: [], suppressed: [cleared] }).vulnerabilities ?? [];
  assert.equal(entry?.analysis?.state, 'not_affected');
  assert.deepEqual(entry.affects[0]?.versions, [{ version: '1.2.4-0.2', status: 'unaffected' }]);
});

test('writes unaffected when a VEX statement says so, so that its readers apply the entry', () => {
  const [match] = sampleReport.matches;
  assert.ok(match);
  const document = { id: 'x', author: 'Example Ltd', place: 'x.json' };
  const versionsOf = (status: 'fixed' | 'not_affected') => {
    const statement = { document, ids: [match.vulnerability.id], products: [], status } as const;
    const stated = { ...match, reason: 'so', decision: { by: 'vex', statement } } as const;
    const [entry] = bom({ ...sampleReport, matches: [], suppressed: [stated] }).vulnerabilities ?? [];
    return entry?.affects[0]?.versions;
  };
  for (const status of ['fixed', 'not_affected'] as const)
    assert.deepEqual(versionsOf(status), [{ version: match.package.version, status: 'unaffected' }]);
});

test('writes an inventory without vulnerabilities and with the problems of extensions', () => {
  const inventory = bom(sampleReport, sbomCyclonedxFormat);
  assert.equal(inventory.vulnerabilities, undefined);
  assert.equal(inventory.compositions[0]?.aggregate, 'unknown');
  const report = incompleteReports['an unreadable database'] ?? sampleReport;
  const broken = bom(report, sbomCyclonedxFormat);
  assert.equal(broken.compositions[0]?.aggregate, 'incomplete');
  assert.deepEqual(broken.properties, [
    { name: 'clair:problem', value: 'rpm: var/lib/rpm/rpmdb.sqlite: not a database' },
  ]);
});

for (const [what, report] of Object.entries(incompleteReports)) {
  test(`adds an entry when the assessment is incomplete: ${what}`, () => {
    assert.deepEqual(
      bom(report).vulnerabilities?.map(({ id, analysis }) => [id, analysis?.state]),
      [['NOT-ASSESSED', 'in_triage']],
    );
  });
}

test('writes no entries when the image is clean', () => {
  assert.deepEqual(bom(cleanReport).vulnerabilities, []);
});

test('derives the serial number from the content', () => {
  const form = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const numbers = [
    ...reports.map((report) => bom(report).serialNumber),
    bom(sampleReport, sbomCyclonedxFormat).serialNumber,
    bom({ ...sampleReport, packages: [] }, sbomCyclonedxFormat).serialNumber,
  ];
  for (const number of numbers) assert.match(number, form);
  assert.equal(new Set(numbers).size, numbers.length);
  assert.equal(bom(structuredClone(sampleReport)).serialNumber, bom(sampleReport).serialNumber);
  // Findings are not part of an inventory.
  assert.deepEqual(bom(cleanReport, sbomCyclonedxFormat), bom(sampleReport, sbomCyclonedxFormat));
});
