import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScopedFeedState } from '../../store/feed-state.ts';
import { ratingLists } from './rating-lists.ts';

const now = new Date('2026-06-01T00:00:00.000Z');
const options = { now: () => now, staleAfterMs: 86_400_000, outcomes: [], namespaces: ['debian:12'] };

function state(source: string, more: Partial<ScopedFeedState> = {}): ScopedFeedState {
  const time = '2026-05-31T12:00:00.000Z';
  return {
    source,
    feed: 'all',
    presence: 'loaded',
    fetchedAt: time,
    checkedAt: time,
    contentDate: '2026-05-30T00:00:00.000Z',
    contentEvidence: 'record',
    kept: [],
    ...more,
  } as unknown as ScopedFeedState;
}

const enrichers = ['nvd', 'kev', 'epss'].map((name) => ({ name }));

test('returns the age of each loaded list but not of advisories', () => {
  const states = [state('kev'), state('debian'), state('epss', { presence: 'absent' })];
  assert.deepEqual(ratingLists(enrichers, states, options), [
    {
      source: 'kev',
      status: 'complete',
      contentDate: '2026-05-30T00:00:00.000Z',
      fetchedAt: '2026-05-31T12:00:00.000Z',
      reason: null,
    },
  ]);
});

test('leaves out published ratings when a namespace of the image is not published', () => {
  const listed = (...namespaces: string[]): string[] =>
    ratingLists(
      enrichers,
      [state('nvd', { namespaces: ['debian:12', 'npm'] }), state('kev', { namespaces: [] })],
      {
        ...options,
        namespaces,
      },
    ).map(({ source }) => source);
  assert.deepEqual(listed('debian:12', 'npm'), ['nvd', 'kev']);
  assert.deepEqual(listed('debian:12', 'pypi'), ['kev']);
});

test('marks a list as stale when it was not checked for a day or its content is old', () => {
  const unchecked = state('epss', { checkedAt: '2026-05-30T23:00:00.000Z' });
  const old = state('kev', { contentDate: '2023-04-04T00:00:00.000Z' });
  assert.deepEqual(
    ratingLists(enrichers, [unchecked, old], options).map(({ source, status, reason }) => [
      ...[source, status, reason],
    ]),
    [
      ['kev', 'stale', 'the newest advisory is of 2023-04-04, more than 30 days ago'],
      ['epss', 'stale', 'its ratings were last known to be current at 2026-05-30T23:00:00.000Z'],
    ],
  );
});

test('marks a list as stale when it was checked in the future, so that a clock is wrong', () => {
  const future = state('kev', { checkedAt: '2027-06-01T00:00:00.000Z' });
  const [list] = ratingLists(enrichers, [future], options);
  assert.equal(list?.status, 'stale');
  assert.match(
    list.reason ?? '',
    /were checked at 2027-06-01T\S+, and the clock of this machine shows 2026-\S+: set the clock/,
  );
  // A report of a time in the past uses ratings that were checked later.
  const [asOf] = ratingLists(enrichers, [future], { ...options, asOf: '2026-06-01T00:00:00.000Z' });
  assert.equal(asOf?.status, 'complete');
});

test('dates a list of several files by the newest content and the oldest fetch', () => {
  const [nvd] = ratingLists(
    enrichers,
    [
      state('nvd', {
        feed: '2025',
        fetchedAt: '2026-05-01T00:00:00.000Z',
        contentDate: '2026-01-01T00:00:00.000Z',
      }),
      state('nvd', { feed: '2026', contentDate: '2026-05-31T00:00:00.000Z' }),
    ],
    options,
  );
  assert.deepEqual(
    [nvd?.contentDate, nvd?.fetchedAt],
    ['2026-05-31T00:00:00.000Z', '2026-05-01T00:00:00.000Z'],
  );
});

test('returns no date when only the time of a file in a mirror is known', () => {
  const [kev] = ratingLists(enrichers, [state('kev', { contentEvidence: 'file' })], options);
  assert.equal(kev?.contentDate, null);
});

test('names the model of a list that states one', () => {
  const states = [state('kev'), state('epss', { contentModel: 'v2025.03.14' })];
  assert.deepEqual(
    ratingLists(enrichers, states, options).map(({ source, model }) => [source, model]),
    [
      ['kev', undefined],
      ['epss', 'v2025.03.14'],
    ],
  );
});
