import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { feedUpdate, hits, image, installed, record, stream } from '../../testing/store-content.ts';
import { afterBarrier, barrier, storeEngines } from '../../testing/store-engines.ts';

/** Fields of the state of a feed that have nothing to report. */
const nothing = { skipped: { count: 0, sample: [] }, kept: [], lastFailure: null };

const openssl = image([installed('openssl')]);

/** State of a feed that is touched without being applied. */
const found = {
  source: 'debian',
  feed: 'tracker',
  sourceVersion: 1,
  origin: '/mirror',
  presence: 'absent',
  fingerprint: '',
  fetchedAt: '2026-02-01T00:00:00.000Z',
  checkedAt: '2026-02-01T00:00:00.000Z',
} as const;

for (const engine of storeEngines) {
  test(`${engine.name}: returns the state of an applied feed`, async (t) => {
    const store = await engine.create(t)();
    assert.deepEqual(await store.advisories.findFeedStates(), []);
    await store.advisories.apply(feedUpdate(), stream([record('A'), record('B')]));
    const state = {
      source: 'debian',
      feed: 'tracker',
      sourceVersion: 1,
      origin: 'upstream',
      presence: 'loaded',
      fingerprint: 'one',
      fetchedAt: '2026-01-02T03:04:05.000Z',
      checkedAt: '2026-01-02T03:04:05.000Z',
      newestAdvisory: null,
      contentDate: null,
      contentEvidence: null,
      records: 2,
      ...nothing,
    };
    assert.deepEqual(await store.advisories.findFeedStates(), [state]);

    const next = {
      sourceVersion: 2,
      origin: '/mirror',
      fingerprint: 'two',
      fetchedAt: '2026-01-03T00:00:00Z',
    };
    await store.advisories.apply(feedUpdate(next), stream([record('A')]));
    const at = '2026-01-03T00:00:00.000Z';
    assert.deepEqual(await store.advisories.findFeedStates(), [
      { ...state, ...next, fetchedAt: at, checkedAt: at, records: 1 },
    ]);
  });

  test(`${engine.name}: takes the newest advisory from the newest record, else from the time of the file`, async (t) => {
    const store = await engine.create(t)();
    const lastModified = '2025-06-01T00:00:00Z';
    const newest = async () => (await store.advisories.findFeedStates()).map((state) => state.newestAdvisory);

    await store.advisories.apply(feedUpdate({ lastModified }), stream([record('A')]));
    assert.deepEqual(await newest(), ['2025-06-01T00:00:00.000Z']);

    const dated = [
      record('A', { modified: '2024-01-01' }),
      record('B', { modified: '2024-03-01T00:00:00+02:00' }),
      record('C', { modified: '2024-02-01T00:00:00Z' }),
    ];
    await store.advisories.apply(feedUpdate({ lastModified }), stream(dated));
    assert.deepEqual(await newest(), ['2024-02-29T22:00:00.000Z']);
    // Unchanged records count as well.
    await store.advisories.apply(feedUpdate({ lastModified }), stream(dated));
    assert.deepEqual(await newest(), ['2024-02-29T22:00:00.000Z']);

    await store.advisories.apply(feedUpdate({ acceptShrunk: true }), stream([record('A')]));
    assert.deepEqual(await newest(), [null]);
  });

  test(`${engine.name}: returns the state of an absent feed`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.touch(found);
    assert.deepEqual(await store.advisories.findFeedStates(), [
      { ...found, newestAdvisory: null, contentDate: null, contentEvidence: null, records: 0, ...nothing },
    ]);
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    assert.deepEqual(await hits(store, openssl), ['openssl A']);
  });

  test(`${engine.name}: keeps the records when it touches a feed`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(feedUpdate({ lastModified: '2026-01-01T00:00:00Z' }), stream([record('A')]));
    const [before] = await store.advisories.findFeedStates();
    assert.ok(before !== undefined);
    const checkedAt = '2026-01-09T00:00:00.000Z';
    await store.advisories.touch({ ...before, presence: 'loaded', checkedAt });
    assert.deepEqual(await store.advisories.findFeedStates(), [{ ...before, checkedAt }]);
    await store.advisories.touch(found);
    assert.deepEqual(await store.advisories.findFeedStates(), [
      {
        ...found,
        newestAdvisory: before.newestAdvisory,
        contentDate: before.contentDate,
        contentEvidence: before.contentEvidence,
        records: 1,
        ...nothing,
      },
    ]);
    assert.deepEqual(await hits(store, openssl), ['openssl A']);
  });

  test(`${engine.name}: reads stored records while it applies a feed`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const seen: string[][] = [];
    const records = (async function* () {
      yield record('B');
      seen.push(await hits(store, openssl));
      await store.advisories.touch({ ...found, feed: 'other' });
      yield record('C');
    })();
    await store.advisories.apply(feedUpdate(), records);
    assert.deepEqual(seen, [['openssl A']]);
    assert.deepEqual(await hits(store, openssl), ['openssl B', 'openssl C']);
  });

  test(`${engine.name}: applies several feeds at the same time`, async (t) => {
    const store = await engine.create(t)();
    const feeds = Array.from({ length: 5 }, (_, i) => `feed ${i}`);
    const records = Array.from({ length: 200 }, (_, i) => record(`CVE-${i}`));
    const differences = await Promise.all(
      feeds.map((feed) => store.advisories.apply(feedUpdate({ feed }), stream(records))),
    );
    assert.deepEqual(
      differences.map(({ added }) => added),
      [200, 200, 200, 200, 200],
    );
    assert.equal((await hits(store, openssl)).length, 1000);
  });

  test(`${engine.name}: rejects one of two simultaneous applications of the same feed`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const begin = barrier(2);
    const apply = () =>
      store.advisories.apply(feedUpdate(), afterBarrier(begin, stream([record('A'), record('B')])));
    const results = await Promise.allSettled([apply(), apply()]);
    const failed = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    assert.equal(failed.length, 1);
    assert.ok(failed[0] instanceof ClairError && failed[0].code === 'store-conflict');
    assert.match(failed[0].message, /debian tracker was applied by another process at the same time/);
    assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl B']);
  });
}
