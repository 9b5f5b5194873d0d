import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import type { Store } from '../../store/store.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { virtualTime } from '../../testing/virtual-time.ts';
import { type KeepCurrentDeps, keepCurrent } from './keep-current.ts';
import { collectGarbageIfDue, collectIntervalMs, defaultRetention } from './retention.ts';

const minute = 60_000;

for (const engine of storeEngines) {
  test(`${engine.name}: deletes expired data once per interval for all processes`, async (t) => {
    const clock = { now: Date.parse('2026-03-01T00:00:00Z') };
    const open = engine.create(t);
    const first = await open({ now: () => clock.now });
    const second = engine.isShared ? await open({ now: () => clock.now }) : first;
    const collect = (store: Store) => collectGarbageIfDue(store, defaultRetention);
    assert.ok(await collect(first));
    assert.equal(await collect(first), undefined);
    clock.now += collectIntervalMs - 1;
    assert.equal(await collect(second), undefined);
    // The interval is up to a tenth longer, so that processes do not stay together.
    clock.now += 1 + collectIntervalMs / 10;
    assert.ok(await collect(second));
    assert.equal(await collect(first), undefined);
  });

  test(`${engine.name}: deletes expired data a minute after a failure`, async (t) => {
    const clock = { now: Date.parse('2026-03-01T00:00:00Z') };
    const store = await engine.create(t)({ now: () => clock.now });
    const failing = { ...store, collectGarbage: () => Promise.reject(new Error('the disk is full')) };
    await assert.rejects(collectGarbageIfDue(failing, defaultRetention), /the disk is full/);
    assert.deepEqual(
      (await store.jobs.findAll()).map(({ name, error, attempt }) => [name, error, attempt]),
      [['collect garbage', 'the disk is full', 1]],
    );
    assert.equal(await collectGarbageIfDue(store, defaultRetention), undefined);
    clock.now += 1.1 * minute;
    assert.ok(await collectGarbageIfDue(store, defaultRetention));
  });

  test(`${engine.name}: deletes nothing while another process does`, async (t) => {
    const store = await engine.create(t)();
    let nested: unknown = 'not called';
    const collecting = {
      ...store,
      collectGarbage: async (...args: Parameters<Store['collectGarbage']>) => {
        nested = await collectGarbageIfDue(store, defaultRetention);
        return await store.collectGarbage(...args);
      },
    };
    assert.ok(await collectGarbageIfDue(collecting, defaultRetention));
    assert.equal(nested, undefined);
  });
}

/** Keeps sources with these intervals current until a time; returns the times of the collections. All times are in minutes. */
async function collections(
  intervals: readonly number[],
  until: number,
  collect: () => void = () => undefined,
): Promise<readonly number[]> {
  await using time = await virtualTime(until * minute);
  const { store } = time;
  const collected: number[] = [];
  const deps: KeepCurrentDeps = {
    store,
    ...time.deps,
    onProgress: () => undefined,
    scheduleOf: (source) => ({
      intervalMs: (intervals[Number(source)] ?? 0) * minute,
      origin: 'upstream',
      update: (wanted) => Promise.resolve({ ...wanted, outcome: 'unchanged' }),
    }),
    collectGarbage: async () => {
      collected.push(time.passedMs() / minute);
      collect();
    },
    onOutcomes: () => undefined,
    onError: (error) => assert.fail(String(error)),
    onCollectError: () => undefined,
    otherJobs: [],
  };
  const source = (name: string) => ({ name, version: 1, feeds: ['all'] }) as unknown as AdvisorySource;
  const feeds = intervals.map((_, i) => ({ source: source(String(i)), feed: 'all' }));
  await keepCurrent(feeds, deps, time.end);
  return collected;
}

test('deletes expired data at the shortest interval, not after each source', async () => {
  assert.deepEqual(await collections([3, 4, 2, 0], 9), [0, 2, 4, 6, 8]);
});

test('deletes nothing from the database of a server without updates', async () => {
  assert.deepEqual(await collections([0, 0], 9), []);
});

test('deletes expired data again with growing waits when it fails, at most the interval', async () => {
  assert.deepEqual(
    await collections([5], 20, () => assert.fail('the database is away')),
    [0, 1, 3, 7, 12, 17],
  );
});
