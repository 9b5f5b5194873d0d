import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { type KeepCurrentDeps, keepCurrent } from './keep-current.ts';
import { collectGarbageIfDue, defaultRetention } from './retention.ts';

const intervalMs = 2 * 3_600_000;

for (const engine of storeEngines) {
  test(`${engine.name}: deletes expired data once per interval for all processes`, async (t) => {
    const clock = { now: Date.parse('2026-03-01T00:00:00Z') };
    const open = engine.create(t);
    const first = await open({ now: () => clock.now });
    const second = engine.isShared ? await open({ now: () => clock.now }) : first;
    const collect = (store: typeof first) => collectGarbageIfDue(store, defaultRetention, intervalMs);
    assert.ok(await collect(first));
    assert.equal(await collect(first), undefined);
    clock.now += intervalMs - 1;
    assert.equal(await collect(second), undefined);
    clock.now += 1;
    assert.ok(await collect(second));
    assert.equal(await collect(first), undefined);
  });

  test(`${engine.name}: deletes expired data again after a failure`, async (t) => {
    const store = await engine.create(t)();
    const failing = {
      locks: store.locks,
      collectGarbage: () => Promise.reject(new Error('the disk is full')),
    };
    await assert.rejects(collectGarbageIfDue(failing, defaultRetention), /the disk is full/);
    assert.ok(await collectGarbageIfDue(store, defaultRetention));
  });
}

/** A clock that jumps to the next end of a wait once `waiters` wait. Ends the waits at `endMs`. */
function virtualTime(
  waiters: number,
  endMs: number,
): { readonly sleep: KeepCurrentDeps['sleep']; readonly end: AbortSignal } {
  const stop = new AbortController();
  const waits: { readonly until: number; readonly wake: () => void }[] = [];
  let nowMs = 0;
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      waits.push({ until: nowMs + ms, wake: resolve });
      if (waits.length < waiters) return;
      waits.sort((a, b) => b.until - a.until);
      nowMs = waits.at(-1)?.until ?? endMs;
      if (nowMs >= endMs) stop.abort();
      for (const { wake } of stop.signal.aborted ? waits.splice(0) : waits.splice(-1)) wake();
    });
  return { sleep, end: stop.signal };
}

/** Keeps sources with these intervals current for 12 s; returns the interval of each collection. */
async function collections(
  context: TestContext,
  intervals: readonly number[],
  collect: () => void = () => undefined,
): Promise<readonly number[]> {
  const store = await storeEngines[1]?.create(context)();
  assert.ok(store !== undefined);
  const { sleep, end } = virtualTime(1 + intervals.filter((ms) => ms > 0).length, 12_000);
  const collected: number[] = [];
  const deps: KeepCurrentDeps = {
    store,
    sleep,
    now: () => new Date(),
    onProgress: () => undefined,
    random: () => 0,
    scheduleOf: (source) => ({
      intervalMs: intervals[Number(source)] ?? 0,
      origin: 'upstream',
      update: (wanted) => Promise.resolve({ ...wanted, outcome: 'unchanged' }),
    }),
    collectGarbage: async (ms) => {
      collected.push(ms);
      collect();
    },
    onOutcomes: () => undefined,
    onError: (error) => assert.fail(String(error)),
    onCollectError: () => undefined,
  };
  const source = (name: string) => ({ name, version: 1, feeds: ['all'] }) as unknown as AdvisorySource;
  const feeds = intervals.map((_, i) => ({ source: source(String(i)), feed: 'all' }));
  await keepCurrent(feeds, deps, end);
  return collected;
}

test('deletes expired data at the shortest interval, not after each source', async (t) => {
  assert.deepEqual(await collections(t, [3000, 4000, 2000, 0]), [2000, 2000, 2000, 2000, 2000, 2000]);
});

test('deletes nothing from the database of a server without updates', async (t) => {
  assert.deepEqual(await collections(t, [0, 0]), []);
});

test('tries to delete expired data again after a failure', async (t) => {
  assert.deepEqual(
    await collections(t, [5000], () => assert.fail('the database is away')),
    [5000, 5000, 5000],
  );
});
