import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { builtIn } from '../../extensions.ts';
import type { Digest } from '../../model/digest.ts';
import type { Match, Report } from '../../model/report.ts';
import type { IgnoreRule, VexStatement, VexStatus } from '../../model/suppression.ts';
import { readOpenVex } from '../../suppression-files/openvex.ts';
import { sampleMatch, samplePackage, sampleReport } from '../../testing/sample-report.ts';
import { openVexDocument } from '../../testing/vex-documents.ts';
import { applySuppressions, type SuppressionDeps } from './apply.ts';

const known: SuppressionDeps = { isKnown: true, schemes: builtIn.schemes };

const ids = (matches: readonly Match[]): string[] => matches.map(({ vulnerability }) => vulnerability.id);

function rule(selectors: Partial<IgnoreRule>): IgnoreRule {
  return { place: '.clairignore.yaml:2', reason: 'we live with it', ...selectors };
}

function parseStatements(...documents: readonly object[]): readonly VexStatement[] {
  return readOpenVex(openVexDocument(documents), { place: 'vex.json', wants: () => true }).statements;
}

function notAffected(name: string, ...products: readonly object[]): object {
  return {
    vulnerability: { name },
    products,
    status: 'not_affected',
    justification: 'vulnerable_code_not_in_execute_path',
    impact_statement: 'never called',
  };
}

test('a rule suppresses a finding with its reason, place and end', () => {
  const expiring = rule({ id: 'CVE-2024-2961', expires: '2026-12-31' });
  const { report, rules } = applySuppressions(sampleReport, known, { rules: [expiring], statements: [] });
  assert.equal(report.matches.length, sampleReport.matches.length - 1);
  const moved = report.suppressed.find(({ vulnerability }) => vulnerability.id === 'CVE-2024-2961');
  assert.equal(moved?.reason, 'ignored by .clairignore.yaml:2 until 2026-12-31: we live with it');
  assert.deepEqual(moved.decision, { by: 'ignore', rule: expiring });
  assert.deepEqual([...rules], [expiring]);
  assert.equal(report.verdict, 'vulnerable');
});

test('a statement suppresses a finding with its author, place and time', () => {
  const said = parseStatements(notAffected('CVE-2024-2961', { '@id': 'pkg:deb/debian/libc6' }));
  const { report, documents } = applySuppressions(sampleReport, known, { rules: [], statements: said });
  const moved = report.suppressed.find(({ vulnerability }) => vulnerability.id === 'CVE-2024-2961');
  assert.equal(
    moved?.reason,
    'not affected, says Example Ltd (https://vex.example/1 of 2024-05-01): vulnerable code not in execute path; never called',
  );
  assert.equal(documents.size, 1);
});

test('says which documents name the image by a digest that its layers do not prove', () => {
  const manifest = `sha256:${'c3'.repeat(32)}` as Digest;
  const said = parseStatements(notAffected('CVE-2024-2961', { '@id': `pkg:oci/web@${manifest}` }));
  const target = { ...sampleReport.target, manifest };
  const [layer, ...others] = sampleReport.layers;
  assert.ok(layer !== undefined);
  const resultOf = (verified: boolean) => {
    const report = { ...sampleReport, target, layers: [{ ...layer, verified }, ...others] };
    const result = applySuppressions(report, known, { rules: [], statements: said });
    return [
      ids(result.report.matches).includes('CVE-2024-2961'),
      result.documents.size,
      result.unproven.size,
    ];
  };
  assert.deepEqual(resultOf(true), [false, 1, 0]);
  assert.deepEqual(resultOf(false), [true, 0, 1]);
});

test('the image is clean when nothing is left and everything is known', () => {
  const everything = { rules: [rule({ id: 'CVE-*' })], statements: [] };
  const { matches, verdict } = applySuppressions(sampleReport, known, everything).report;
  assert.deepEqual([matches.length, verdict], [0, 'clean']);
  assert.equal(
    applySuppressions(sampleReport, { ...known, isKnown: false }, everything).report.verdict,
    'not-assessed',
  );
});

test('VEX takes precedence over rules, but rules may ignore what VEX calls affected', () => {
  const rules = [rule({ id: 'CVE-2024-2961' })];
  const product = { '@id': 'pkg:deb/debian/libc6' };
  const decisionOf = (said: object) =>
    applySuppressions(sampleReport, known, {
      rules,
      statements: parseStatements(said),
    }).report.suppressed.find(({ vulnerability }) => vulnerability.id === 'CVE-2024-2961')?.decision?.by;
  assert.equal(decisionOf(notAffected('CVE-2024-2961', product)), 'vex');
  assert.equal(
    decisionOf({
      vulnerability: { name: 'CVE-2024-2961' },
      products: [product],
      status: 'affected',
      action_statement: 'x',
    }),
    'ignore',
  );
});

test('applies the first of several matching rules, and marks all as used', () => {
  const rules = [
    rule({ package: 'libc6', place: 'x:1', namespace: 'debian:13' }),
    rule({ package: 'libc6', place: 'x:2' }),
    rule({ id: 'cve-2024-2961', place: 'x:3' }),
    rule({ id: 'CVE-2024-*', place: 'x:4' }),
    rule({ id: 'CVE-2024-2961', place: 'x:5' }),
  ];
  const of = (some: readonly IgnoreRule[]) =>
    applySuppressions(sampleReport, known, { rules: some, statements: [] });
  const placeOf = (some: readonly IgnoreRule[]): string | undefined =>
    of(some)
      .report.suppressed.find(({ vulnerability }) => vulnerability.id === 'CVE-2024-2961')
      ?.reason.split(' ')[2];
  assert.equal(placeOf(rules), 'x:2:');
  assert.equal(placeOf(rules.slice(2)), 'x:3:');
  assert.equal(placeOf(rules.slice(3)), 'x:4:');
  assert.deepEqual([...of(rules).rules].map(({ place }) => place).sort(), ['x:2', 'x:3', 'x:4', 'x:5']);
});

test('a rule about a finding that the vendor suppressed counts as used and changes nothing', () => {
  const about = rule({ id: 'CVE-2023-39804' });
  const { report, rules } = applySuppressions(sampleReport, known, { rules: [about], statements: [] });
  assert.deepEqual(report, sampleReport);
  assert.deepEqual([...rules], [about]);
});

test('a rule or a VEX statement decides a finding that the vendor still investigates', () => {
  const finding = sampleMatch(
    samplePackage('libc6', '2.36-9+deb12u3', 'glibc'),
    { id: 'CVE-2024-9', severity: 'Low' },
    { state: 'under-investigation' },
  );
  const open: Report = {
    ...sampleReport,
    matches: [],
    suppressed: [{ ...finding, reason: 'the vendor is still investigating' }],
  };
  const said = parseStatements(notAffected('CVE-2024-9', { '@id': 'pkg:deb/debian/libc6' }));
  const resultOf = (rules: readonly IgnoreRule[], statements: readonly VexStatement[]) => {
    const { verdict, suppressed } = applySuppressions(open, known, { rules, statements }).report;
    return [verdict, suppressed[0]?.decision?.by, suppressed.length];
  };
  assert.deepEqual(resultOf([rule({ id: 'CVE-2024-8' })], []), ['not-assessed', undefined, 1]);
  assert.deepEqual(resultOf([rule({ id: 'CVE-2024-9' })], []), ['clean', 'ignore', 1]);
  assert.deepEqual(resultOf([], said), ['clean', 'vex', 1]);
});

test('prefers the newest statement, and on equal times the most pessimistic one', () => {
  const said = (status: VexStatus, timestamp: string): object => ({
    vulnerability: { name: 'CVE-2024-2961' },
    products: [{ '@id': 'pkg:deb/debian/libc6@2.36-9%2Bdeb12u3' }],
    status,
    impact_statement: 'x',
    timestamp,
  });
  const [early, late] = ['2024-05-01T12:00:00+02:00', '2024-05-01T10:00:00.1Z'];
  const isMoved = (...all: readonly object[]): boolean =>
    !ids(
      applySuppressions(sampleReport, known, { rules: [], statements: parseStatements(...all) }).report
        .matches,
    ).includes('CVE-2024-2961');
  assert.equal(isMoved(said('affected', early), said('not_affected', late)), true);
  assert.equal(isMoved(said('not_affected', late), said('affected', early)), true);
  assert.equal(isMoved(said('affected', late), said('fixed', early)), false);
  for (const worse of ['affected', 'under_investigation'] as const) {
    assert.equal(isMoved(said(worse, late), said('not_affected', late)), false);
    assert.equal(isMoved(said('fixed', late), said(worse, late)), false);
  }
  assert.equal(isMoved(said('fixed', late)), true);
});

test('suppression neither loses nor adds findings', () => {
  const some = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
  const names = [
    ...new Set(
      sampleReport.matches.flatMap(({ package: found, vulnerability }) => [found.name, vulnerability.id]),
    ),
  ];
  const rules = fc.array(
    fc
      .record({
        id: some(['CVE-2024-*', ...names]),
        package: some(['lib*', ...names]),
        path: some(['**', 'var/*', '*status']),
      })
      .map((selectors) =>
        rule(Object.fromEntries(Object.entries(selectors).filter(([, value]) => value !== undefined))),
      ),
  );
  const said = fc.array(
    fc.record({
      vulnerability: fc.record({ name: fc.constantFrom(...names) }),
      products: fc.array(fc.constantFrom(...sampleReport.packages.map(({ purl }) => ({ '@id': purl })))),
      status: fc.constantFrom('affected', 'not_affected', 'fixed', 'under_investigation'),
      impact_statement: fc.constant('x'),
    }),
  );
  const namesOf = ({ matches, suppressed }: Report): string[] =>
    [...matches, ...suppressed]
      .map(({ package: found, vulnerability }) => `${found.purl} ${vulnerability.id}`)
      .sort();
  fc.assert(
    fc.property(rules, said, fc.boolean(), (rules, said, isKnown) => {
      const { report } = applySuppressions(
        sampleReport,
        { ...known, isKnown },
        { rules, statements: parseStatements(...said) },
      );
      assert.deepEqual(namesOf(report), namesOf(sampleReport));
      assert.ok(report.suppressed.every(({ reason }) => reason !== ''));
      assert.equal(report.verdict === 'clean', report.matches.length === 0 && isKnown);
      assert.deepEqual(
        { ...report, matches: 0, suppressed: 0, verdict: 0 },
        { ...sampleReport, matches: 0, suppressed: 0, verdict: 0 },
      );
    }),
  );
});
