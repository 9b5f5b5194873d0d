import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Match, Report, ReportVulnerability } from '../model/report.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { evaluateGates, type Gate, type GateInput, type GateResult, isAnythingAssessed } from './gate.ts';
import { onlyFixed } from './report-filters.ts';

const high: Gate = { by: 'severity', severity: 'High' };
const kev: Gate = { by: 'kev' };
const epss: Gate = { by: 'epss', score: 0.5 };

function finding(vulnerability: Partial<ReportVulnerability>): Match {
  return sampleMatch(samplePackage('libc6', '1'), {
    id: 'CVE-2024-1',
    severity: 'Low',
    kev: false,
    epss: 0.01,
    ...vulnerability,
  });
}

function evaluate(
  gates: readonly Gate[],
  findings: readonly Partial<ReportVulnerability>[],
  more: Partial<Omit<GateInput, 'report'>> = {},
): GateResult {
  const report: Report = { ...sampleReport, matches: findings.map(finding) };
  return evaluateGates(gates, { report, isAssessed: true, allowsUnrated: false, outdated: [], ...more });
}

function reasons(result: GateResult): string {
  return result.result === 'undecided' ? result.reasons.join('; ') : result.result;
}

test('is reached by a finding at or above the level', () => {
  assert.equal(evaluate([high], [{ severity: 'High' }]).result, 'reached');
  assert.equal(evaluate([high], [{ severity: 'Defcon1' }]).result, 'reached');
  assert.equal(evaluate([high], [{ severity: 'Medium' }]).result, 'passed');
  assert.equal(evaluate([high], []).result, 'passed');
});

test('stays undecided when a finding has no severity', () => {
  const unrated = [{ severity: 'Unknown' }, { severity: 'Unknown' }, {}] as const;
  assert.equal(reasons(evaluate([high], unrated)), '2 findings have no severity');
  assert.equal(evaluate([high], unrated, { allowsUnrated: true }).result, 'passed');
  assert.equal(evaluate([high], [...unrated, { severity: 'Critical' }]).result, 'reached');
});

test('stays undecided when the KEV list is stale and does not name a finding', () => {
  const list = {
    source: 'kev',
    contentDate: '2023-11-21',
    fetchedAt: '2023-11-21',
    reason: 'it is old',
  } as const;
  const judge = (status: 'complete' | 'stale', vulnerability: Partial<ReportVulnerability>): GateResult => {
    const lists = [{ ...list, status }];
    const report = {
      ...sampleReport,
      matches: [finding(vulnerability)],
      ratings: { unrated: 0, knowsExploited: true, knowsEpss: true, reason: null, lists },
    };
    return evaluateGates([kev], { report, isAssessed: true, allowsUnrated: true, outdated: [] });
  };
  assert.equal(
    reasons(judge('stale', { kev: false })),
    '1 finding has not been compared with a current KEV list: the loaded one is stale',
  );
  assert.equal(judge('stale', { kev: true }).result, 'reached');
  assert.equal(judge('complete', { kev: false }).result, 'passed');
});

test('counts a finding without severity for the level unknown', () => {
  assert.equal(
    evaluate([{ by: 'severity', severity: 'Unknown' }], [{ severity: 'Unknown' }]).result,
    'reached',
  );
});

test('stays undecided when published advisories may be out of date, unless a finding reaches it', () => {
  const outdated = ['debian:12', 'npm'];
  for (const gates of [[high], [kev], [epss]])
    assert.equal(
      reasons(evaluate(gates, [{}], { outdated })),
      'the published advisories of debian:12, npm may be out of date',
    );
  assert.equal(evaluate([high], [{ severity: 'High' }], { outdated }).result, 'reached');
});

test('stays undecided when something was not assessed', () => {
  for (const gates of [[high], [kev], [epss]])
    assert.equal(
      reasons(evaluate(gates, [], { isAssessed: false, allowsUnrated: true })),
      'not everything in the image was assessed',
    );
});

test('is reached by an exploited finding of any severity, and undecided without the KEV list', () => {
  assert.equal(evaluate([kev], [{ kev: true, severity: 'Negligible' }]).result, 'reached');
  assert.equal(evaluate([kev], [{ kev: false, severity: 'Unknown' }]).result, 'passed');
  const without = evaluate([kev], [{ kev: null }], { allowsUnrated: true });
  assert.match(reasons(without), /^1 finding has not been compared with the KEV list/);
  assert.equal(evaluate([kev], []).result, 'passed');
});

test('is reached by an EPSS score, and undecided without one', () => {
  assert.equal(evaluate([epss], [{ epss: 0.5 }]).result, 'reached');
  assert.equal(evaluate([epss], [{ epss: 0.49 }]).result, 'passed');
  assert.equal(reasons(evaluate([epss], [{ epss: null }])), '1 finding has no EPSS score');
  assert.equal(evaluate([epss], [{ epss: null }], { allowsUnrated: true }).result, 'passed');
});

test('is reached when a finding reaches any of several gates', () => {
  assert.equal(evaluate([{ by: 'severity', severity: 'Critical' }, kev], [{ kev: true }]).result, 'reached');
  assert.equal(reasons(evaluate([high, high], [{ severity: 'Unknown' }])), '1 finding has no severity');
});

test('reports whether anything was assessed', () => {
  const [covered] = sampleReport.coverage;
  assert.ok(covered);
  const without = { ...sampleReport, matches: [], suppressed: [] };
  const of = (...coverage: Report['coverage']): boolean => isAnythingAssessed({ ...without, coverage });
  assert.equal(of({ ...covered, status: 'stale', fetchedAt: '2024-01-01T00:00:00.000Z' }), true);
  assert.equal(of({ ...covered, status: 'missing', fetchedAt: null }), false);
  // The loaded advisories do not cover the release, or lack a part.
  const missing = { ...covered, status: 'missing', fetchedAt: '2024-01-01T00:00:00.000Z' } as const;
  assert.equal(of(missing), false);
  assert.equal(isAnythingAssessed({ ...without, coverage: [missing], matches: [finding({})] }), true);
  assert.equal(of({ ...covered, status: 'unsupported', fetchedAt: null }), false);
  assert.equal(of(), false);
});

test('stays undecided when a finding that the vendor still investigates would not pass', () => {
  const under = (vulnerability: Partial<ReportVulnerability>): Report => ({
    ...sampleReport,
    matches: [],
    suppressed: [
      {
        ...finding(vulnerability),
        fix: { state: 'under-investigation' },
        reason: 'the vendor is still investigating',
      },
    ],
  });
  const resultOf = (report: Report, allowsUnrated = false) =>
    reasons(evaluateGates([high], { report, isAssessed: true, allowsUnrated, outdated: [] }));
  const open = 'the vendor still investigates 1 finding that may reach the gate';
  assert.equal(resultOf(under({ severity: 'High' })), open);
  assert.equal(resultOf(under({ severity: 'Medium' })), 'passed');
  assert.equal(resultOf(under({ severity: 'Unknown' })), open);
  assert.equal(resultOf(under({ severity: 'Unknown' }), true), 'passed');
  // The user wants no findings without a fix.
  assert.equal(resultOf(onlyFixed(under({ severity: 'High' }))), 'passed');
});

test('fails on stale advisories when a gate asks for that, and does not judge those without a date', () => {
  const [first] = sampleReport.coverage;
  assert.ok(first);
  const dated = { ...first, status: 'complete', contentDate: '2026-01-01T00:00:00.000Z' } as const;
  const judge = (second: Partial<Report['coverage'][number]>, gates: readonly Gate[] = [{ by: 'stale' }]) => {
    const coverage = [dated, { ...dated, namespace: 'maven', ...second }];
    const report = { ...sampleReport, matches: [], suppressed: [], coverage };
    return reasons(evaluateGates(gates, { report, isAssessed: true, allowsUnrated: false, outdated: [] }));
  };
  assert.deepEqual([judge({}), judge({ status: 'stale' })], ['passed', 'reached']);
  assert.equal(judge({ status: 'stale', contentDate: null }), 'reached');
  assert.equal(judge({ contentDate: null }), 'the advisories of maven have no date');
  assert.equal(judge({ status: 'stale' }, [high]), 'passed');
});

test('fails on a layer that was not verified when a gate asks for that', () => {
  const [layer] = sampleReport.layers;
  assert.ok(layer);
  const judge = (verified: boolean): string =>
    evaluateGates([{ by: 'not-verified' }], {
      report: { ...sampleReport, matches: [], suppressed: [], layers: [layer, { ...layer, verified }] },
      isAssessed: true,
      allowsUnrated: false,
      outdated: [],
    }).result;
  assert.deepEqual([judge(false), judge(true)], ['reached', 'passed']);
});
