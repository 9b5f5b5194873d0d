import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { feedUpdate, hits, image, installed, record, stream } from '../../testing/store-content.ts';
import { type StoreEngine, storeEngines } from '../../testing/store-engines.ts';
import type { FeedName } from '../feed-state.ts';
import type { Lease } from '../lock-store.ts';
import type { Store } from '../store.ts';

const dayMs = 24 * 3_600_000;
const start = Date.parse('2026-01-02T00:00:00Z');
const lost = {
  code: 'store-conflict',
  message: /lost the lock "work" to another one, because it paused for too long: nothing was written/,
};

/** Two processes on one database, and a lock that the first has. `takeOver` gives it to the second once it has expired. */
async function twoProcesses(
  context: TestContext,
  engine: StoreEngine,
): Promise<{
  readonly first: Store;
  readonly second: Store;
  readonly lease: Lease;
  readonly expire: () => void;
  readonly takeOver: () => Promise<Lease>;
}> {
  const clock = { now: start };
  const open = engine.create(context);
  const first = await open({ now: () => clock.now });
  const second = engine.isShared ? await open({ now: () => clock.now }) : first;
  const lease = (await first.locks.acquire('work', 'first', 1000)) ?? assert.fail();
  const expire = (): void => {
    clock.now += 1000;
  };
  return {
    first,
    second,
    lease,
    expire,
    takeOver: async () => {
      expire();
      return (await second.locks.acquire('work', 'second', 1000)) ?? assert.fail();
    },
  };
}

async function contentOf(store: Store, { source, feed }: FeedName): Promise<string | undefined> {
  const states = await store.advisories.findFeedStates();
  return states.find((state) => state.source === source && state.feed === feed)?.fingerprint;
}

for (const engine of storeEngines) {
  test(`${engine.name}: refuses the feed of a process that lost its lock while it loaded`, async (t) => {
    const { first, second, lease, takeOver } = await twoProcesses(t, engine);
    const paused = (async function* () {
      yield record('A');
      await takeOver();
      yield record('B');
    })();
    await assert.rejects(first.advisories.apply(feedUpdate({ lease }), paused), lost);
    assert.deepEqual(await second.advisories.findFeedStates(), []);
    assert.deepEqual(await hits(second, image([installed('openssl')])), []);
    const { rows } = await second.statistics();
    assert.deepEqual([rows['vulnerability'], rows['affected'], rows['namespace']], [0, 0, 1]);
  });

  test(`${engine.name}: refuses the ratings of a process that lost its lock while it loaded`, async (t) => {
    const { first, second, lease, takeOver } = await twoProcesses(t, engine);
    const update = feedUpdate({ source: 'epss', feed: 'scores', lease });
    const paused = (async function* () {
      await takeOver();
      yield { kind: 'enrichment' as const, id: 'CVE-1', description: 'one' };
    })();
    await assert.rejects(first.enrichments.apply(update, paused), lost);
    assert.equal(await contentOf(second, update), undefined);
    assert.equal((await second.statistics()).rows['enrichment'], 0);
  });

  test(`${engine.name}: applies a feed whose lock expired while no other process took it`, async (t) => {
    const { first, second, lease, expire } = await twoProcesses(t, engine);
    expire();
    const update = feedUpdate({ lease });
    await first.advisories.apply(update, stream([record('A')]));
    assert.equal(await contentOf(second, update), 'one');
  });

  test(`${engine.name}: refuses the check and the failure of a feed from a process that lost its lock`, async (t) => {
    const { first, second, lease, takeOver } = await twoProcesses(t, engine);
    await first.advisories.apply(feedUpdate({ lease }), stream([record('A')]));
    const [loaded] = await first.advisories.findFeedStates();
    assert.ok(loaded?.presence === 'loaded');
    await takeOver();
    const checked = { ...loaded, presence: 'loaded' as const, fingerprint: 'other' };
    await assert.rejects(first.advisories.touch(checked, lease), lost);
    const failure = { at: loaded.checkedAt, message: 'no route to host' };
    await assert.rejects(first.advisories.recordFailure(loaded, failure, lease), lost);
    assert.deepEqual(await second.advisories.findFeedStates(), [loaded]);
  });

  test(`${engine.name}: deletes nothing for a process that lost the lock of the collection`, async (t) => {
    const { first, second, lease, takeOver } = await twoProcesses(t, engine);
    const terms = { keepHistoryMs: 0, keepEventsMs: -dayMs, keepLayersUnusedMs: dayMs };
    await first.advisories.apply(feedUpdate(), stream([record('A')]));
    await first.advisories.apply(feedUpdate(), stream([record('A', { severity: 'High' })]));
    const taken = await takeOver();
    await assert.rejects(first.collectGarbage(terms, lease), lost);
    const { rows } = await second.statistics();
    assert.deepEqual([rows['event'], rows['vulnerability']], [1, 2]);
    const collected = await second.collectGarbage(terms, taken);
    assert.deepEqual([collected.events, collected.vulnerabilities], [1, 1]);
  });

  test(`${engine.name}: records no delivery of a process that lost the lock of the notification`, async (t) => {
    const { first, second, lease, takeOver } = await twoProcesses(t, engine);
    await first.advisories.apply(feedUpdate(), stream([]));
    await first.advisories.apply(feedUpdate(), stream([record('A')]));
    await first.notifications.createFromEvents(1);
    const [{ name } = assert.fail()] = await first.notifications.findDue(1);
    const taken = await takeOver();
    const before = await second.notifications.find(name);
    await assert.rejects(first.notifications.markNotified(name, dayMs, lease), lost);
    await assert.rejects(first.notifications.postpone(name, 'ever', lease), lost);
    assert.deepEqual(await second.notifications.find(name), before);
    await second.notifications.markNotified(name, dayMs, taken);
    assert.notEqual((await first.notifications.find(name))?.notifiedAt, null);
  });
}
