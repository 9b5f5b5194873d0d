import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import type { FeedState } from '../../store/feed-state.ts';
import { readinessOf } from './readiness.ts';
import type { FeedOfSource } from './update-feeds.ts';

const enabled: FeedOfSource[] = [...builtIn.sources, ...builtIn.enrichers].flatMap((source) =>
  ['debian', 'rhel', 'epss'].includes(source.name) ? source.feeds.map((feed) => ({ source, feed })) : [],
);

function stateOf({ source, feed }: FeedOfSource, change: Partial<FeedState> = {}): FeedState {
  return {
    source: source.name,
    feed,
    sourceVersion: 1,
    origin: 'upstream',
    presence: 'loaded',
    fingerprint: '',
    fetchedAt: '2026-01-01T00:00:00.000Z',
    checkedAt: '2026-01-02T00:00:00.000Z',
    newestAdvisory: null,
    contentDate: null,
    contentEvidence: null,
    records: 1,
    skipped: { count: 0, sample: [] },
    kept: [],
    lastFailure: null,
    ...change,
  };
}

const advisories = enabled.filter(({ source }) => source.name !== 'epss');

test('is not ready before an advisory feed is loaded', () => {
  const { ready, feeds, oldestCheck } = readinessOf(enabled, []);
  assert.deepEqual([ready, feeds.waiting, oldestCheck], [false, advisories.length, null]);
  const failed = enabled.map((one) => stateOf(one, { presence: 'failed' }));
  assert.deepEqual(readinessOf(enabled, failed), {
    ready: false,
    missing: [{ part: 'feeds', reason: 'no feed of advisories is loaded' }],
    feeds: { loaded: 0, unavailable: advisories.length, waiting: 0 },
    oldestCheck: null,
    notLoaded: ['debian', 'rhel'],
  });
});

test('names the sources that were tried and of which no feed is loaded, and is ready without them', () => {
  const states = enabled.map((one) =>
    stateOf(one, { presence: one.source.name === 'rhel' ? 'absent' : 'loaded' }),
  );
  const { ready, notLoaded } = readinessOf(enabled, states);
  assert.deepEqual([ready, notLoaded], [true, ['rhel']]);
  assert.deepEqual(readinessOf(enabled, []).notLoaded, []);
});

test('is not ready while an advisory feed waits for its first attempt', () => {
  const [first = assert.fail(), ...others] = advisories;
  const old = stateOf(first, { checkedAt: '2025-06-01T00:00:00.000Z' });
  assert.equal(readinessOf(enabled, [old]).ready, others.length === 0);
  const states = [old, ...others.map((one) => stateOf(one, { presence: 'failed' }))];
  const { ready, feeds, oldestCheck } = readinessOf(enabled, states);
  assert.deepEqual([ready, feeds.loaded, feeds.waiting], [true, 1, 0]);
  assert.equal(oldestCheck, '2025-06-01T00:00:00.000Z');
});

test('is not ready when the loop of jobs has stopped', () => {
  const states = advisories.map((one) => stateOf(one));
  assert.deepEqual(readinessOf(enabled, states).missing, []);
  const { ready, missing } = readinessOf(enabled, states, 120);
  assert.equal(ready, false);
  assert.deepEqual(missing, [{ part: 'jobs', reason: 'the table of jobs was last read 120 seconds ago' }]);
});

test('does not wait for a feed when it is a fallback for a loaded one', () => {
  const standIn = builtIn.sources.find(({ fallbackFor }) => fallbackFor !== undefined) ?? assert.fail();
  const better = builtIn.sources.find(({ name }) => name === standIn.fallbackFor) ?? assert.fail();
  const all = [standIn, better].flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
  const states = better.feeds.map((feed) => stateOf({ source: better, feed }));
  assert.equal(readinessOf(all, states).ready, true);
});
