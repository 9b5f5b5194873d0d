import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import type { FeedOutcome } from '../../service/feeds/update-feeds.ts';
import type { FeedState } from '../../store/feed-state.ts';
import { changeCounts } from '../../testing/store-content.ts';
import {
  areAllFeedsAbsent,
  failureLines,
  feedLine,
  headingRow,
  latestContentDate,
  latestDate,
  sourceRow,
  summaryLines,
} from './update-lines.ts';

const names = ['alpine', 'nvd'];

function sourceNamed(name: string): AdvisorySource {
  return { name } as AdvisorySource;
}

function outcome(feed: string, rest: Partial<FeedOutcome>, name = 'alpine'): FeedOutcome {
  return { source: sourceNamed(name), feed, ...rest } as FeedOutcome;
}

function failed(feed: string, code: 'feed-unavailable' | 'feed-not-tried', message: string): FeedOutcome {
  return outcome(feed, { outcome: 'failed', error: new ClairError(code, message) });
}

test('renders one aligned row per source, without zeros and without feeds that do not exist', () => {
  const outcomes = [
    outcome('main', { outcome: 'updated', difference: changeCounts({ added: 12 }) }),
    outcome('community', { outcome: 'updated', difference: changeCounts({ added: 3, removed: 1 }) }),
    outcome('v3.99/main', { outcome: 'absent' }),
    outcome('edge', { outcome: 'unchanged' }),
  ];
  const row = { source: 'alpine', outcomes, ms: 1234, contentDate: '2026-05-01T01:02:03.000Z' };
  assert.deepEqual(
    [headingRow(names), ...sourceRow(names, row)],
    [
      'SOURCE  FEEDS     ADDED  CHANGED  REMOVED  CONTENT OF     TIME  RESULT',
      'alpine      3        15                 1  2026-05-01    1.2 s  2 updated',
    ],
  );
});

test('renders no row when no feed of a source exists or was tried', () => {
  const years = [
    outcome('2039', { outcome: 'absent' }, 'nvd'),
    outcome('2040', { outcome: 'absent' }, 'nvd'),
  ];
  assert.deepEqual(sourceRow(names, { source: 'nvd', outcomes: years, ms: 1, contentDate: null }), []);
  const outcomes = [failed('main', 'feed-not-tried', 'x')];
  assert.deepEqual(sourceRow(names, { source: 'alpine', outcomes, ms: 1, contentDate: null }), []);
});

test('lists a reason once when several feeds have it', () => {
  const outcomes = [
    failed('a', 'feed-unavailable', 'HTTP 500'),
    failed('b', 'feed-unavailable', 'HTTP 500'),
    failed('c', 'feed-not-tried', 'not tried'),
    outcome('d', { outcome: 'updated', difference: changeCounts({ skipped: 2 }) }),
  ];
  assert.deepEqual(failureLines(outcomes), [
    'alpine (2 feeds) failed: HTTP 500',
    '2 records were not understood (clair db status names them)',
  ]);
  assert.deepEqual(summaryLines(outcomes, 2500), [
    'feeds: 1 updated, 2 failed, 1 not tried; 2.5 s',
    'Check the network, or name a mirror with --mirror.',
  ]);
});

test('describes the layout of a mirror when no feed exists', () => {
  const absent = [outcome('a', { outcome: 'absent' }), outcome('b', { outcome: 'absent' })];
  assert.ok(areAllFeedsAbsent(absent));
  assert.deepEqual(summaryLines(absent, 600), [
    'no feed is there; 0.6 s',
    'Check the mirror: it has each file at HOST/PATH of the URL of the vendor, as clair db mirror writes it.',
  ]);
  for (const others of [[], [...absent, outcome('c', { outcome: 'superseded' })]]) {
    assert.ok(!areAllFeedsAbsent(others));
    assert.equal(summaryLines(others, 600).length, 1);
  }
});

test('counts the failures beyond the maximum', () => {
  const outcomes = Array.from({ length: 15 }, (_, i) => failed(`${i}`, 'feed-unavailable', `HTTP 5${i}`));
  const lines = failureLines(outcomes);
  assert.equal(lines.length, 11);
  assert.equal(lines.at(-1), 'and 5 more failures (--verbose shows all)');
});

test('omits zeros when a feed is loaded for the first time', () => {
  const line = (changes: object): string =>
    feedLine(outcome('main', { outcome: 'updated', difference: changeCounts(changes) }));
  assert.match(line({ added: 3 }), /^alpine main +updated: 3 new$/);
  assert.match(line({ unchanged: 3 }), /updated: 0 new, 0 changed, 0 gone, 3 as before$/);
});

test('dates content by what proves its age, which the time of a file in a mirror does not', () => {
  const state = (contentDate: string, contentEvidence: 'file' | 'http'): FeedState =>
    ({ source: 'alpine', presence: 'loaded', contentDate, contentEvidence }) as FeedState;
  const states = [state('2026-05-01T00:00:00.000Z', 'http'), state('2026-06-01T00:00:00.000Z', 'file')];
  assert.equal(latestContentDate('alpine', states), '2026-05-01T00:00:00.000Z');
  assert.equal(latestContentDate('alpine', states.slice(1)), null);
  assert.equal(latestDate('alpine', states), '2026-06-01T00:00:00.000Z');
});
