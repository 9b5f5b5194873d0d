import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import { applySuppressions, type SuppressionDeps } from '../../match/suppress/apply.ts';
import type { Digest } from '../../model/digest.ts';
import type { PackageEvidence } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import type { IgnoreRule } from '../../model/suppression.ts';
import type { VexFormat } from '../../plugin/vex-format.ts';
import { readOpenVex } from '../../suppression-files/openvex.ts';
import { readVex } from '../../suppression-files/read-vex.ts';
import { csafProblems } from '../../testing/csaf-validator.ts';
import { cyclonedxValidator, schemaValidator } from '../../testing/official-schema.ts';
import { openVexSchema } from '../../testing/openvex-schema.ts';
import { sampleMatch, sampleReport } from '../../testing/sample-report.ts';
import { openVexDocument } from '../../testing/vex-documents.ts';
import { assertionsOf, omittedFindings } from './assertions.ts';
import { csafFormat } from './csaf.ts';
import { cyclonedxVexFormat } from './cyclonedx-vex.ts';
import { openVexFormat } from './openvex.ts';

const options: SuppressionDeps = { isKnown: true, schemes: builtIn.schemes };
const issue = { author: 'Example Ltd', time: '2024-09-13T06:00:00Z' };

const rules: readonly IgnoreRule[] = [
  {
    place: 'x:1',
    id: 'CVE-2024-2961',
    reason: 'never called',
    justification: 'vulnerable_code_not_in_execute_path',
  },
  { place: 'x:2', id: 'CVE-2023-*', reason: 'we live with it' },
];

/** Returns a report with all kinds of decisions on findings. */
function judged(target: Partial<Report['target']> = {}): Report {
  const { statements } = readOpenVex(
    openVexDocument([
      {
        vulnerability: { name: 'CVE-2024-2398' },
        products: [{ '@id': 'pkg:deb/debian/curl@7.88.1-10%2Bdeb12u4' }],
        status: 'fixed',
      },
      {
        vulnerability: { name: 'CVE-2024-0553' },
        products: [{ '@id': 'pkg:deb/debian/libgnutls30' }],
        status: 'not_affected',
        justification: 'inline_mitigations_already_exist',
      },
      {
        vulnerability: { name: 'CVE-2024-5535' },
        products: [{ '@id': 'pkg:deb/debian/libssl3' }],
        status: 'not_affected',
        impact_statement: 'no server',
      },
    ]),
    { place: 'x', wants: () => true },
  );
  const report: Report = { ...sampleReport, target: { ...sampleReport.target, ...target } };
  const investigated = report.packages.slice(0, 1).map((found) => ({
    ...sampleMatch(found, { id: 'GHSA-2024-aaaa', severity: 'Low' }, { state: 'under-investigation' }),
    reason: 'the vendor is still investigating',
  }));
  const { matches, suppressed, ...rest } = applySuppressions(report, options, { rules, statements }).report;
  return { ...rest, matches, suppressed: [...suppressed, ...investigated] };
}

function textOf(format: VexFormat, report: Report, by = issue): string {
  return [...format.write(report, by)].join('');
}

const digest = `sha256:${'c3'.repeat(32)}` as Digest;
const targets = {
  'without a digest': {},
  'with a name and an image ID': {
    reference: 'shop.tar',
    names: ['registry.example/shop/web:1.4.2'],
    digest,
  },
  'of a registry': {
    manifest: digest,
    kind: 'registry',
    reference: 'registry:registry.example/shop/web:1',
    names: ['registry.example/shop/web:1'],
    digest,
    repoDigests: [`registry.example/shop/web@${digest}`],
  },
  'with a digest': { manifest: digest, kind: 'oci-layout', reference: 'oci:some layout:v1' },
} as const;

const formats: readonly (readonly [VexFormat, (document: unknown) => string[] | Promise<string[]>])[] = [
  [openVexFormat, schemaValidator(openVexSchema)],
  [csafFormat, csafProblems],
  [cyclonedxVexFormat, cyclonedxValidator()],
];

for (const [format, problems] of formats) {
  for (const [what, target] of Object.entries(targets)) {
    test(`${format.name} writes a valid and reproducible document of an image ${what}`, async () => {
      const text = textOf(format, judged(target));
      assert.deepEqual(await problems(JSON.parse(text)), []);
      assert.equal(textOf(format, judged(target)), text);
      assert.notEqual(textOf(format, judged(target), { ...issue, author: 'Another author' }), text);
    });

    test(`${format.name} suppresses the same findings when its document of an image ${what} is read back`, () => {
      const report = judged(target);
      const cleared = report.suppressed.flatMap(({ decision, ...match }) =>
        decision?.by === 'vex' || (decision?.by === 'ignore' && decision.rule.justification)
          ? [nameOf(match)]
          : [],
      );
      const { statements } = readVex(Buffer.from(textOf(format, report)), { place: 'x', wants: () => true });
      const plain: Report = { ...sampleReport, target: report.target };
      const again = applySuppressions(plain, options, { rules: [], statements }).report;
      const moved = again.suppressed.filter(({ decision }) => decision?.by === 'vex').map(nameOf);
      assert.equal(cleared.length, 4);
      assert.deepEqual(moved.sort(), cleared.sort());
      const elsewhere = { ...plain, target: { ...sampleReport.target, reference: 'another' } };
      assert.deepEqual(
        applySuppressions(elsewhere, options, { rules: [], statements }).report.matches,
        plain.matches,
      );
    });
  }
}

function nameOf({ vulnerability, package: found }: Report['matches'][number]): string {
  return `${found.purl} ${vulnerability.id}`;
}

test('derives the status of each finding', () => {
  const assertionsById = new Map(assertionsOf(judged()).map((one) => [one.vulnerability.id, one]));
  const about = (id: string): readonly unknown[] => {
    const { status, justification, text } = assertionsById.get(id) ?? {};
    return [status, justification, text];
  };
  // The vendor, VEX, a rule with a justification and a rule without one decide.
  assert.deepEqual(about('CVE-2024-6119'), ['affected', undefined, 'Update to 3.0.14-1~deb12u2 or later.']);
  assert.deepEqual(about('CVE-2005-2541'), ['affected', undefined, 'There is no fix yet.']);
  assert.deepEqual(about('GHSA-2024-aaaa'), [
    'under_investigation',
    undefined,
    'The vendor is still investigating.',
  ]);
  assert.deepEqual(about('CVE-2024-2398'), ['fixed', undefined, '']);
  assert.deepEqual(about('CVE-2024-5535'), ['not_affected', undefined, 'no server']);
  assert.deepEqual(about('CVE-2024-0553'), ['not_affected', 'inline_mitigations_already_exist', '']);
  assert.deepEqual(about('CVE-2024-2961'), [
    'not_affected',
    'vulnerable_code_not_in_execute_path',
    'never called',
  ]);
  assert.deepEqual(about('CVE-2023-45853'), [
    'affected',
    undefined,
    'The risk is accepted: we live with it. The vendor will not fix it.',
  ]);
});

test('writes the worse status when a package has two locations', () => {
  const [match] = sampleReport.matches;
  assert.ok(match);
  const below = { ...match, package: { ...match.package, location: { path: 'opt/x', layer: null } } };
  const path: IgnoreRule = {
    place: 'x:1',
    path: 'opt/x',
    reason: 'unused',
    justification: 'component_not_present',
  };
  const { report } = applySuppressions(
    { ...sampleReport, matches: [match, below], suppressed: [] },
    options,
    {
      rules: [path],
      statements: [],
    },
  );
  assert.equal(report.suppressed.length, 1);
  assert.deepEqual(
    assertionsOf(report).map(({ status, packages }) => [status, packages.length]),
    [['affected', 1]],
  );
});

test('leaves out findings of packages that may not be installed, and clears packages whose files are gone', () => {
  const [match] = sampleReport.matches;
  assert.ok(match);
  const suppressedBy = (evidence: PackageEvidence): Report['suppressed'][number] => ({
    ...match,
    package: { ...match.package, purl: `pkg:npm/${evidence}@1`, evidence },
    reason: `it is ${evidence}`,
  });
  const evidences = ['claimed-sbom', 'declared', 'dormant', 'stale'] as const;
  const report = { ...sampleReport, matches: [], suppressed: evidences.map(suppressedBy) };
  assert.deepEqual(
    assertionsOf(report).map(({ status, justification, text, packages }) => [
      ...[status, justification, text, packages.map(({ purl }) => purl)],
    ]),
    [['not_affected', 'component_not_present', 'it is stale', ['pkg:npm/stale@1']]],
  );
  assert.deepEqual(
    [...omittedFindings(report)],
    [
      ['it is claimed-sbom', 1],
      ['it is declared', 1],
      ['it is dormant', 1],
    ],
  );
});

test('names the package to upgrade when it contains the vulnerable one', () => {
  const [match] = sampleReport.matches;
  assert.ok(match);
  const parent = { name: 'npm', version: '8.19.2' };
  const within: Report['matches'][number] = {
    ...match,
    package: { ...match.package, name: 'semver', parent },
    fix: { state: 'fixed', version: '7.5.2' },
  };
  assert.deepEqual(
    assertionsOf({ ...sampleReport, matches: [within], suppressed: [] }).map(({ text }) => text),
    ['Upgrade npm 8.19.2 to a version that contains semver 7.5.2 or later.'],
  );
});
