import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Coverage, ExtensionStatus } from '../model/report.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { isFullyAssessed, type VerdictInput, verdictOf } from './verdict.ts';

function covered(status: Coverage['status'], isOutOfSupport = false): VerdictInput['coverage'][number] {
  const name = { namespace: 'debian:12', newestAdvisory: null, fetchedAt: null, reason: null };
  return { ...name, status, isOutOfSupport };
}

function read(status: ExtensionStatus['status']): ExtensionStatus {
  return { extension: 'dpkg', status, files: [] };
}

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
  const one = sampleReport.matches.slice(0, 1);
  assert.equal(verdictOf(one, true), 'vulnerable');
  assert.equal(verdictOf(one, false), 'vulnerable');
  assert.equal(verdictOf([], true), 'clean');
  assert.equal(verdictOf([], false), 'not-assessed');
});
