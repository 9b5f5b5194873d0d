import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import {
  changeCounts,
  feedUpdate,
  hits,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { FeedUpdate, KeyedRecord } from '../advisory-store.ts';
import { skippedSampleMax } from '../feed-state.ts';
import type { Store } from '../store.ts';

const openssl = image([installed('openssl')]);

for (const engine of storeEngines) {
  test(`${engine.name}: changes only the records that an update of changes names`, async (t) => {
    const store = await engine.create(t)();
    await apply(store, [record('A'), record('B'), record('C', { modified: '2026-01-05T00:00:00Z' })]);
    const changes = [
      record('A', { description: 'better', modified: '2026-01-03T00:00:00Z' }),
      { kind: 'withdrawn', key: 'B' } as const,
      { kind: 'withdrawn', key: 'unknown' } as const,
      record('D'),
    ];
    assert.deepEqual(
      await apply(store, changes, { kind: 'changes' }),
      changeCounts({ added: 1, changed: 1, removed: 1 }),
    );
    assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl C', 'openssl D']);
    const [state] = await store.advisories.findFeedStates();
    assert.equal(state?.records, 3);
    assert.equal(state.newestAdvisory, '2026-01-05T00:00:00.000Z', 'the date of C still counts');
    const again = changes.filter((change) => change.kind === 'vulnerability');
    assert.deepEqual(await apply(store, again, { kind: 'changes' }), changeCounts({ unchanged: 2 }));
    assert.deepEqual(await apply(store, [], { kind: 'changes' }), changeCounts());
    assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl C', 'openssl D']);
  });

  test(`${engine.name}: closes records that a whole feed no longer has`, async (t) => {
    const store = await engine.create(t)();
    await apply(store, [record('A'), record('B')]);
    const whole = [record('A'), { kind: 'withdrawn', key: 'B' } as const];
    assert.deepEqual(await apply(store, whole), changeCounts({ removed: 1, unchanged: 1 }));
  });

  test(`${engine.name}: reports a record that cannot be parsed and keeps its earlier form`, async (t) => {
    const store = await engine.create(t)();
    await apply(store, [record('A'), record('B')]);
    const records = [
      record('A'),
      { kind: 'skipped', key: 'B', reason: 'no range' } as const,
      { kind: 'skipped', key: 'X', reason: 'no id' } as const,
    ];
    assert.deepEqual(await apply(store, records), changeCounts({ unchanged: 1, skipped: 2 }));
    assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl B']);
    const [state] = await store.advisories.findFeedStates();
    assert.equal(state?.records, 2);
    const sample = [
      { key: 'B', reason: 'no range' },
      { key: 'X', reason: 'no id' },
    ];
    assert.deepEqual(state.skipped, { count: 2, sample });

    assert.deepEqual(
      await apply(store, [record('A'), record('B', { severity: 'High' })]),
      changeCounts({ changed: 1, unchanged: 1 }),
    );
    assert.deepEqual((await store.advisories.findFeedStates())[0]?.skipped, { count: 0, sample: [] });
  });

  test(`${engine.name}: reports skipped records of earlier changes until an update names them again`, async (t) => {
    const store = await engine.create(t)();
    const skipped = (...names: string[]) =>
      names.map((key) => ({ kind: 'skipped' as const, key, reason: 'odd' }));
    await apply(store, [record('A'), ...skipped('X', 'Y', 'Z')]);
    await apply(store, [record('X'), ...skipped('Y', 'W')], { kind: 'changes' });
    const state = (await store.advisories.findFeedStates())[0]?.skipped;
    assert.deepEqual(
      state?.sample.map(({ key }) => key),
      ['Z', 'Y', 'W'],
    );
    assert.equal(state.count, 3);
  });

  test(`${engine.name}: lists only the first skipped records when there are many`, async (t) => {
    const store = await engine.create(t)();
    const many = Array.from({ length: skippedSampleMax + 20 }, (_, i) => ({
      kind: 'skipped' as const,
      key: `${i}`,
      reason: 'odd',
    }));
    await apply(store, [record('A'), ...many]);
    const state = (await store.advisories.findFeedStates())[0]?.skipped;
    assert.equal(state?.count, skippedSampleMax + 20);
    assert.deepEqual(state.sample.at(-1), { key: `${skippedSampleMax - 1}`, reason: 'odd' });
    assert.equal(state.sample.length, skippedSampleMax);
  });

  test(`${engine.name}: rejects a record that is both skipped and present`, async (t) => {
    const store = await engine.create(t)();
    for (const records of [
      [record('A'), { kind: 'skipped', key: 'A', reason: 'odd' } as const],
      [{ kind: 'skipped', key: 'A', reason: 'odd' } as const, record('A')],
    ])
      await assert.rejects(apply(store, records), isCorrupt(/the record A occurs twice/));
  });

  test(`${engine.name}: rejects a feed that has shrunk to less than half`, async (t) => {
    const store = await engine.create(t)();
    const records = ['A', 'B', 'C', 'D', 'E'].map((id) => record(id));
    const some = (count: number) => records.slice(0, count);
    await apply(store, records);
    await assert.rejects(
      apply(store, some(2), { fingerprint: 'two' }),
      isCorrupt(
        /^debian tracker has 2 records, but the current content has 5\. .* clair db update debian --accept-shrunk$/,
      ),
    );
    assert.equal((await hits(store, openssl)).length, 5);
    assert.equal((await store.advisories.findFeedStates())[0]?.fingerprint, 'one');
    assert.deepEqual(await apply(store, some(3)), changeCounts({ removed: 2, unchanged: 3 }));
    await assert.rejects(apply(store, []), isCorrupt(/has 0 records, but the current content has 3/));
    assert.deepEqual(
      await apply(store, some(1), { acceptShrunk: true }),
      changeCounts({ removed: 2, unchanged: 1 }),
    );
    await assert.rejects(apply(store, []), isCorrupt(/has 0 records, but the current content has 1/));
    await assert.rejects(apply(store, [], { sourceVersion: 2 }), isCorrupt(/has 0 records/));
  });

  test(`${engine.name}: accepts fewer records from another version of a source, but rejects an empty feed`, async (t) => {
    const store = await engine.create(t)();
    await apply(
      store,
      ['A', 'B', 'C', 'D'].map((id) => record(id)),
    );
    assert.equal((await apply(store, [record('ABCD')], { sourceVersion: 2 })).added, 1);
  });

  test(`${engine.name}: does not count newly skipped records as vanished`, async (t) => {
    const store = await engine.create(t)();
    await apply(
      store,
      ['A', 'B', 'C'].map((id) => record(id)),
    );
    const odd = ['A', 'B', 'C'].map((key) => ({ kind: 'skipped' as const, key, reason: 'odd' }));
    assert.deepEqual(await apply(store, odd), changeCounts({ skipped: 3 }));
    assert.equal((await hits(store, openssl)).length, 3);
  });

  test(`${engine.name}: reports a failed update until one succeeds`, async (t) => {
    const store = await engine.create(t)();
    const { advisories } = store;
    const failure = { at: '2026-03-01T00:00:00.000Z', message: 'no route to host' };
    const failureOf = async () => (await advisories.findFeedStates()).map((state) => state.lastFailure);
    await advisories.recordFailure(feedUpdate(), failure);
    const [state] = await advisories.findFeedStates();
    assert.deepEqual([state?.presence, state?.records, state?.lastFailure], ['failed', 0, failure]);
    await apply(store, [record('A')]);
    assert.deepEqual(await failureOf(), [null]);

    await advisories.recordFailure(feedUpdate(), failure);
    assert.deepEqual(await failureOf(), [failure]);
    assert.deepEqual(await hits(store, openssl), ['openssl A']);
    const [loaded] = await advisories.findFeedStates();
    assert.ok(loaded?.presence === 'loaded' && loaded.fingerprint === 'one');
    await advisories.touch({ ...loaded, presence: 'loaded' });
    assert.deepEqual(await failureOf(), [null]);
  });
}

function apply(store: Store, records: readonly KeyedRecord[], update: Partial<FeedUpdate> = {}) {
  return store.advisories.apply(feedUpdate(update), stream(records));
}

function isCorrupt(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof ClairError && error.code === 'feed-corrupt' && message.test(error.message);
}
