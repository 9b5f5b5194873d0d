import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import { record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { type UpdateFeedsDeps, updateFeeds } from './update-feeds.ts';

const start = Date.parse('2026-03-01T00:00:00Z');

/** A source that always has new content and counts its fetches. */
function countingSource(): { readonly source: AdvisorySource; readonly fetches: () => number } {
  let fetches = 0;
  const source: AdvisorySource = {
    name: 'debian',
    version: 1,
    feeds: ['tracker'],
    wants: [],
    feedsFor: () => [],
    fetch: () =>
      Promise.resolve({ url: 'https://vendor.test/', body: stream([]), fingerprint: `${++fetches}` }),
    parse: () => stream([{ ...record('CVE-1'), affected: [] }]),
  } as never;
  return { source, fetches: () => fetches };
}

/** Returns the dependencies of an update. `tick` moves the clock, and another process holds the lock for the first attempts. */
async function setUp(
  context: TestContext,
  { tickMs = 0, heldFor = 0 },
): Promise<{ readonly deps: UpdateFeedsDeps; readonly setClock: (ms: number) => void }> {
  const [sqlite] = storeEngines;
  assert.ok(sqlite !== undefined);
  let now = start;
  const pass = (ms: number) => {
    now += ms;
    return now;
  };
  const store = await sqlite.create(context)({ now: () => now });
  if (heldFor > 0) assert.ok(await store.locks.acquire('update debian/tracker', 'another', heldFor));
  const deps: UpdateFeedsDeps = {
    store,
    schemes: [],
    client: {} as never,
    origin: 'upstream',
    maxAgeMs: 0,
    now: () => new Date(pass(tickMs)),
    owner: 'test',
    lockWaitMs: 60_000,
    sleep: (ms) => Promise.resolve(pass(ms)),
    onProgress: () => undefined,
  };
  return { deps, setClock: (ms) => (now = ms) };
}

async function outcomeOf(source: AdvisorySource, deps: UpdateFeedsDeps): Promise<string | undefined> {
  const [only] = await updateFeeds([{ source, feed: 'tracker' }], deps);
  return only?.outcome;
}

test('fetches a feed when the maximum age is 0, however recent the last check', async (context) => {
  const { source, fetches } = countingSource();
  // A store that is slow to lock does not count as a wait for another process.
  const { deps } = await setUp(context, { tickMs: 1 });
  for (const times of [1, 2, 3]) {
    assert.equal(await outcomeOf(source, deps), 'updated');
    assert.equal(fetches(), times);
  }
});

test('does not fetch a feed when another process has updated it during the wait', async (context) => {
  const { source, fetches } = countingSource();
  const { deps } = await setUp(context, { heldFor: 1000 });
  const other: UpdateFeedsDeps = { ...deps, owner: 'another' };
  let isFirst = true;
  const waiting: UpdateFeedsDeps = {
    ...deps,
    sleep: async (ms) => {
      if (isFirst) assert.equal(await outcomeOf(source, other), 'updated');
      isFirst = false;
      return deps.sleep(ms);
    },
  };
  assert.equal(await outcomeOf(source, waiting), 'current');
  assert.equal(fetches(), 1);
});

test('fetches a feed when its last check is in the future', async (context) => {
  const { source, fetches } = countingSource();
  const { deps, setClock } = await setUp(context, {});
  const hourly: UpdateFeedsDeps = { ...deps, maxAgeMs: 3_600_000 };
  assert.equal(await outcomeOf(source, hourly), 'updated');
  assert.equal(await outcomeOf(source, hourly), 'current');
  setClock(start - 1);
  assert.equal(await outcomeOf(source, hourly), 'updated');
  assert.equal(fetches(), 2);
});

test('records nothing when another process takes the lock of a feed over during a pause', async (context) => {
  const { source } = countingSource();
  const { deps, setClock } = await setUp(context, {});
  let lease: unknown;
  const paused: AdvisorySource = {
    ...source,
    fetch: async (...args) => {
      setClock(start + 60_000);
      lease = await deps.store.locks.acquire('update debian/tracker', 'another', 60_000);
      return await source.fetch(...args);
    },
  };
  assert.equal(await outcomeOf(paused, deps), 'failed');
  assert.ok(lease !== undefined);
  assert.deepEqual(await deps.store.advisories.findFeedStates(), [], 'neither the feed nor the failure');
});

test('fails for a loaded feed that the origin no longer has, and keeps its content', async (context) => {
  const { deps, setClock } = await setUp(context, {});
  const { source } = countingSource();
  assert.equal(await outcomeOf(source, deps), 'updated');
  setClock(start + 1000);
  const without: AdvisorySource = { ...source, fetch: () => Promise.resolve('absent') };
  for (const origin of ['upstream', '/mirror'])
    assert.equal(await outcomeOf(without, { ...deps, origin }), 'failed');
  const [state] = await deps.store.advisories.findFeedStates();
  assert.deepEqual([state?.presence, state?.records, state?.origin], ['loaded', 1, 'upstream']);
  assert.equal(state?.checkedAt, new Date(start).toISOString());
  assert.match(state.lastFailure?.message ?? '', /has no file of debian tracker any more/);
});

test('reports an absent feed as new until the next update, and again at another origin', async (context) => {
  const { deps } = await setUp(context, {});
  const source: AdvisorySource = { ...countingSource().source, fetch: () => Promise.resolve('absent') };
  const isNewAt = async (origin: string): Promise<unknown> => {
    const [only] = await updateFeeds([{ source, feed: 'tracker' }], { ...deps, origin });
    return only?.outcome === 'absent' && only.isNew;
  };
  const found = [];
  for (const origin of ['/a', '/a', '/b']) found.push(await isNewAt(origin));
  assert.deepEqual(found, [true, false, true]);
});

test('says that the changes of a feed are no events when it comes from another origin', async (context) => {
  const { deps } = await setUp(context, {});
  const { source } = countingSource();
  const found = [];
  for (const origin of ['/a', '/a', '/b', '/b']) {
    const [only] = await updateFeeds([{ source, feed: 'tracker' }], { ...deps, origin });
    found.push(only?.outcome === 'updated' && only.isSilent);
  }
  assert.deepEqual(found, [false, false, true, false]);
});
