import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import type { FeedState } from '../../store/feed-state.ts';
import type { Job } from '../../store/job-store.ts';
import { enabledJobs } from '../feeds/keep-current.ts';
import { currentSince, enabledStates } from './feed-age.ts';

const [alpine] = builtIn.sources.filter(({ name }) => name === 'alpine');
assert.ok(alpine);
const enabled = [{ source: alpine, feed: 'v3.20/main' }];

function checked(source: string, feed: string, checkedAt: string): FeedState {
  return {
    ...{ source, feed, sourceVersion: 1, origin: 'upstream', presence: 'loaded', fingerprint: '' },
    ...{ fetchedAt: checkedAt, checkedAt, newestAdvisory: null, contentDate: null, contentEvidence: null },
    ...{ records: 1, skipped: { count: 0, sample: [] }, kept: [], lastFailure: null },
  };
}

test('judges the age of enabled feeds only, and keeps what users wrote', () => {
  const states = [
    checked('alpine', 'v3.20/main', '2026-02-02T00:00:00.000Z'),
    checked('alpine', 'v3.2/main', '2026-01-02T00:00:00.000Z'),
    checked('debian', 'tracker', '2026-01-01T00:00:00.000Z'),
    checked('api', 'v1', '2025-01-01T00:00:00.000Z'),
  ];
  const kept = enabledStates(states, enabled);
  assert.deepEqual(
    kept.map(({ source, feed }) => `${source} ${feed}`),
    ['alpine v3.20/main', 'api v1'],
  );
  assert.equal(currentSince(kept), '2026-02-02T00:00:00.000Z');
});

test('leaves out updates of sources that are not enabled, and no other job', () => {
  const job = (name: string, kind: string): Job => ({
    ...{ name, kind, lane: 'feeds', state: 'waiting', attempt: 0, error: null },
    runAt: '2026-01-01T00:00:00.000Z',
  });
  const jobs = [job('update alpine', 'update'), job('update debian', 'update'), job('collect', 'collect')];
  assert.deepEqual(
    enabledJobs(jobs, enabled).map(({ name }) => name),
    ['update alpine', 'collect'],
  );
});
