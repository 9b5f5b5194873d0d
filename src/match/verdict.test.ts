import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Coverage, ExtensionStatus } from '../model/report.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import type { Findings } from './findings.ts';
import { isFullyAssessed, type VerdictInput, verdictOf } from './verdict.ts';

function covered(status: Coverage['status'], isOutOfSupport = false): VerdictInput['coverage'][number] {
  const name = { namespace: 'debian:12', newestAdvisory: null, fetchedAt: null, reason: null };
  return { ...name, status, isOutOfSupport };
}

function read(status: ExtensionStatus['status']): ExtensionStatus {
  return { extension: 'dpkg', status, files: [] };
}

const ignored = { by: 'ignore', rule: { place: 'x:1', reason: 'y' } } as const;

const fullyAssessed: VerdictInput = {
  packages: 1,
  coverage: [covered('complete')],
  statuses: [read('succeeded')],
};

test('is fully assessed when packages were found and read and all have advisories', () => {
  assert.equal(isFullyAssessed(fullyAssessed), true);
  assert.equal(
    isFullyAssessed({ ...fullyAssessed, coverage: [covered('complete'), covered('stale')] }),
    true,
  );
  assert.equal(isFullyAssessed({ ...fullyAssessed, statuses: [] }), true);
});

test('is fully assessed when only namespaces of claims lack advisories', () => {
  const claimed = { ...covered('missing', true), isClaimed: true };
  assert.equal(isFullyAssessed({ ...fullyAssessed, coverage: [covered('complete'), claimed] }), true);
  assert.equal(isFullyAssessed({ ...fullyAssessed, coverage: [claimed] }), false);
});

test('is not fully assessed when a single thing is unknown', () => {
  const lacking: Partial<VerdictInput>[] = [
    { packages: 0 },
    { coverage: [] },
    { coverage: [covered('complete'), covered('missing')] },
    { coverage: [covered('unsupported'), covered('complete')] },
    { coverage: [covered('complete', true)] },
    { coverage: [covered('stale', true)] },
    { statuses: [read('succeeded'), read('partly-failed')] },
    { statuses: [read('failed')] },
  ];
  for (const lack of lacking)
    assert.equal(isFullyAssessed({ ...fullyAssessed, ...lack }), false, JSON.stringify(lack));
});

test('is vulnerable with one finding, and clean without any only when fully assessed', () => {
  const one: Findings = { matches: sampleReport.matches.slice(0, 1), suppressed: [] };
  const none: Findings = { matches: [], suppressed: [] };
  assert.equal(verdictOf(one, true), 'vulnerable');
  assert.equal(verdictOf(one, false), 'vulnerable');
  assert.equal(verdictOf(none, true), 'clean');
  assert.equal(verdictOf(none, false), 'not-assessed');
});

test('is not clean when the vendor still investigates the only finding', () => {
  const finding = sampleMatch(
    samplePackage('xz', '5.4'),
    { id: 'CVE-2024-9', severity: 'Low' },
    { state: 'under-investigation' },
  );
  const suppressed = [{ ...finding, reason: 'the vendor is still investigating' }];
  assert.equal(verdictOf({ matches: [], suppressed }, true), 'not-assessed');
  assert.equal(
    verdictOf({ matches: [], suppressed: suppressed.map((one) => ({ ...one, decision: ignored })) }, true),
    'clean',
  );
});
