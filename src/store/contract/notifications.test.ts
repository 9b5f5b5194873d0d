import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedRow, bookworm, feedUpdate, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { FeedUpdate, KeyedRecord } from '../advisory-store.ts';
import type { Notification } from '../notification-store.ts';
import type { Store } from '../store.ts';

const buster = { name: 'debian:10', versionScheme: 'dpkg' };
const trixie = { name: 'debian:13', versionScheme: 'dpkg' };
const minute = 60_000;
const start = Date.parse('2026-01-02T00:00:00Z');

/** Creates and returns the notifications that are due, in their order. */
async function dueOf({ notifications }: Store): Promise<readonly Notification[]> {
  while ((await notifications.createFromEvents(10)) > 0);
  return await notifications.findDue(100);
}

for (const engine of storeEngines) {
  test(`${engine.name}: one notification represents all changes of an update`, async (t) => {
    const clock = { now: start };
    const store = await engine.create(t)({ now: () => clock.now });
    const { notifications } = store;
    await apply(store, []);
    clock.now += minute;
    await apply(store, [record('A'), record('B'), record('C')]);
    clock.now += minute;
    await apply(store, [record('A'), record('B'), record('C'), record('D')]);
    const [a, b, c, d, ...others] = (await dueOf(store)).map(({ name }) => name);
    assert.ok(
      a !== undefined && b !== undefined && c !== undefined && d !== undefined && others.length === 0,
    );
    assert.equal(await notifications.pageOfUpdate(b, { limit: 9 }), undefined);
    assert.equal(await notifications.representUpdate(b), b);
    for (const name of [a, b, c]) assert.equal(await notifications.representUpdate(name), b);
    assert.equal(await notifications.representUpdate(d), d);
    const idsOf = async (name: string, page: { limit: number; after?: string }) =>
      (await notifications.pageOfUpdate(name, page))?.map(({ id }) => id);
    assert.deepEqual(await idsOf(b, { limit: 9 }), ['A', 'B', 'C']);
    assert.deepEqual(await idsOf(b, { limit: 2 }), ['A', 'B']);
    assert.deepEqual(await idsOf(b, { limit: 2, after: b }), ['C']);
    assert.deepEqual(await idsOf(b, { limit: 2, after: c }), []);
    assert.equal(await idsOf(a, { limit: 9 }), undefined);
    assert.deepEqual(await idsOf(d, { limit: 9 }), ['D']);
    await assert.rejects(idsOf(b, { limit: 2, after: 'unknown' }), /there is no notification unknown/);
  });

  test(`${engine.name}: forgets what represents an update together with its events`, async (t) => {
    const clock = { now: start };
    const store = await engine.create(t)({ now: () => clock.now });
    await apply(store, []);
    clock.now += minute;
    await apply(store, [record('A')]);
    const [name = assert.fail()] = (await dueOf(store)).map((one) => one.name);
    await store.notifications.representUpdate(name);
    const { key } = { key: `store/notified-update/${new Date(clock.now).toISOString()} 1` };
    assert.equal(await store.keyValues.get(key), name);
    clock.now += 2 * minute;
    await store.collectGarbage({ keepHistoryMs: minute, keepEventsMs: minute, keepLayersUnusedMs: minute });
    assert.equal(await store.keyValues.get(key), undefined);
  });

  const open = async (t: Parameters<typeof engine.create>[0]) => {
    const clock = { now: start };
    const store = await engine.create(t)({ now: () => clock.now });
    return { store, clock };
  };

  test(`${engine.name}: delivers a notification, redelivers it, and stops when it is acknowledged`, async (t) => {
    const { store, clock } = await open(t);
    const { notifications } = store;
    await apply(store, [record('A')]);
    assert.equal(await notifications.createFromEvents(10), 0, 'the first load makes no events');
    assert.equal(await notifications.findNextDue(), undefined);
    await apply(store, [record('A', { severity: 'High' })]);
    clock.now += minute;
    assert.equal(await notifications.findNextDue(), '2026-01-02T00:01:00.000Z', 'an event has none yet');
    assert.equal(await notifications.createFromEvents(10), 1);
    assert.equal(await notifications.createFromEvents(10), 0);
    const [made, ...others] = await notifications.findDue(10);
    assert.ok(made !== undefined && others.length === 0);
    assert.match(made.name, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.deepEqual(
      { ...made, name: '' },
      {
        name: '',
        event: 1,
        source: 'debian',
        key: 'A',
        id: 'A',
        namespace: 'debian:12',
        old: 1,
        new: 2,
        createdAt: '2026-01-02T00:01:00.000Z',
        notifiedAt: null,
        deletedAt: null,
        dueAt: '2026-01-02T00:01:00.000Z',
        resentAt: null,
      },
    );
    assert.deepEqual(await notifications.find(made.name), made);
    assert.equal(await notifications.find('unknown'), undefined);

    clock.now += minute;
    await notifications.markNotified(made.name, 5 * minute);
    assert.deepEqual(await notifications.findDue(10), []);
    const delivered = { ...made, notifiedAt: '2026-01-02T00:02:00.000Z', dueAt: '2026-01-02T00:07:00.000Z' };
    assert.deepEqual(await notifications.find(made.name), delivered);
    assert.equal(await notifications.findNextDue(), delivered.dueAt);
    clock.now += 5 * minute;
    assert.deepEqual(await notifications.findDue(10), [delivered]);

    assert.equal(await notifications.markDeleted(made.name), true);
    const acknowledged = { ...delivered, deletedAt: '2026-01-02T00:07:00.000Z', dueAt: null };
    assert.deepEqual(await notifications.find(made.name), acknowledged);
    // A delivery that ends after the acknowledgement does not make the notification due again.
    clock.now += minute;
    await notifications.markNotified(made.name, 0);
    await notifications.postpone(made.name, new Date(clock.now));
    assert.deepEqual(await notifications.findDue(10), []);
    assert.equal(await notifications.markDeleted(made.name), true);
    assert.deepEqual(await notifications.find(made.name), {
      ...acknowledged,
      notifiedAt: '2026-01-02T00:08:00.000Z',
      deletedAt: '2026-01-02T00:08:00.000Z',
    });
    assert.equal(await notifications.markDeleted('unknown'), false);
  });

  test(`${engine.name}: returns the longest overdue first and postponed ones later or never`, async (t) => {
    const { store, clock } = await open(t);
    const { notifications } = store;
    await apply(store, []);
    await apply(store, [record('A'), record('B'), record('C')]);
    assert.equal(await notifications.createFromEvents(2), 2);
    clock.now += minute;
    assert.equal(await notifications.createFromEvents(2), 1);
    const ids = async (limit = 9) => (await notifications.findDue(limit)).map(({ id }) => id);
    assert.deepEqual(
      [await ids(), await ids(2)],
      [
        ['A', 'B', 'C'],
        ['A', 'B'],
      ],
    );
    const [a, b] = await notifications.findDue(2);
    await notifications.postpone(a?.name ?? '', new Date(clock.now + minute));
    await notifications.postpone(b?.name ?? '', 'ever');
    assert.deepEqual(await ids(), ['C']);
    clock.now += minute;
    assert.deepEqual(await ids(), ['C', 'A']);
  });

  test(`${engine.name}: makes a notification for each namespace in which a record changed`, async (t) => {
    const { store } = await open(t);
    const [ten, twelve, thirteen] = [buster, bookworm, trixie].map((namespace) =>
      affectedRow('openssl', { namespace }),
    );
    assert.ok(ten && twelve && thirteen);
    const unfixed = { fix: { state: 'unfixed' } } as const;
    await apply(store, [record('Z')]);
    const partsAfter = async (affected: readonly (typeof ten)[] | undefined, changes = {}) => {
      await apply(
        store,
        affected === undefined ? [record('Z')] : [record('Z'), record('A', { affected, ...changes })],
      );
      return await newParts(store);
    };
    assert.deepEqual(await partsAfter([twelve, thirteen]), ['debian:12 - new', 'debian:13 - new']);
    assert.deepEqual(await partsAfter([twelve, { ...thirteen, ...unfixed }]), ['debian:13 old new']);
    assert.deepEqual(
      await partsAfter([
        { ...twelve, ...unfixed },
        { ...thirteen, ...unfixed },
      ]),
      ['debian:12 old new'],
    );
    assert.deepEqual(await partsAfter([twelve, thirteen], { aliases: ['CVE-1'] }), [
      'debian:12 old new',
      'debian:13 old new',
    ]);
    assert.deepEqual(await partsAfter([twelve, thirteen], { aliases: ['CVE-1'], description: 'longer' }), []);
    // Another record of the feed still covers the namespace.
    assert.deepEqual(await partsAfter([thirteen], { aliases: ['CVE-1'] }), ['debian:12 old -']);
    assert.deepEqual(await partsAfter([twelve, thirteen], { aliases: ['CVE-1'] }), ['debian:12 - new']);
    // No other record covers Debian 13, so its rows are retained.
    assert.deepEqual(await partsAfter(undefined), ['debian:12 old -']);
  });

  test(`${engine.name}: uses the retained rows of a record as its earlier form in that namespace`, async (t) => {
    const { store } = await open(t);
    const [ten, twelve] = [buster, bookworm].map((namespace) => affectedRow('openssl', { namespace }));
    assert.ok(ten && twelve);
    const unfixed = { fix: { state: 'unfixed' } } as const;
    await apply(store, [record('A', { affected: [ten, twelve] })]);
    await apply(store, [record('A', { affected: [{ ...twelve, ...unfixed }] })]);
    assert.deepEqual(await newParts(store), ['debian:12 old new'], 'the retained rows did not change');
    await apply(store, [record('A', { affected: [{ ...ten, ...unfixed }, twelve] })]);
    assert.deepEqual(await newParts(store), ['debian:10 old new', 'debian:12 old new']);
    const [before] = (await store.notifications.findDue(9)).filter(
      ({ namespace }) => namespace === 'debian:10',
    );
    const [kept] = await store.vulnerabilities.findByNumbers([before?.old ?? 0]);
    assert.deepEqual(
      kept?.affected.map(({ namespace, fix }) => [namespace.name, fix.state]),
      [['debian:10', 'fixed']],
    );
  });

  test(`${engine.name}: makes one notification for a record that covers no package before or after`, async (t) => {
    const { store } = await open(t);
    await apply(store, [record('Z')]);
    await apply(store, [record('Z'), record('A', { affected: [] })]);
    assert.deepEqual(await newParts(store), ['null - new']);
    await apply(store, [record('Z'), record('A')]);
    assert.deepEqual(await newParts(store), ['debian:12 old new']);
    await apply(store, [record('Z'), record('A', { affected: [] })]);
    assert.deepEqual(await newParts(store), ['debian:12 old new']);
  });

  test(`${engine.name}: makes a notification for the first record of a feed that begins empty`, async (t) => {
    const { store } = await open(t);
    const own = { source: 'api', feed: 'v1', origin: 'api' };
    const found = { ...feedUpdate(own), checkedAt: feedUpdate().fetchedAt, presence: 'loaded' } as const;
    await store.advisories.touch(found);
    await store.advisories.touch(found);
    await apply(store, [record('debian:12\nCVE-1')], { ...own, kind: 'changes' });
    await store.advisories.touch(found);
    await apply(store, [record('debian:12\nCVE-2')], { ...own, kind: 'changes' });
    assert.deepEqual(await newParts(store), ['debian:12 - new', 'debian:12 - new']);
    const [state] = await store.advisories.findFeedStates();
    assert.equal(state?.records, 2);
  });

  test(`${engine.name}: makes each notification once when several processes do this`, async (t) => {
    const opened = engine.create(t);
    const stores = engine.isShared ? [await opened(), await opened(), await opened()] : [await opened()];
    const [store] = stores as [Store];
    await apply(store, []);
    await apply(
      store,
      Array.from({ length: 60 }, (_, i) => record(`${i}`)),
    );
    const make = async ({ notifications }: Store) => {
      let made = 0;
      for (let next = -1; next !== 0; made += next) next = await notifications.createFromEvents(7);
      return made;
    };
    const counts = await Promise.all(stores.map((one) => make(one)));
    assert.equal(
      counts.reduce((sum, made) => sum + made, 0),
      60,
    );
    const all = await store.notifications.findDue(100);
    assert.deepEqual(
      all.map(({ event }) => event).sort((a, b) => a - b),
      Array.from({ length: 60 }, (_, i) => i + 1),
    );
    assert.equal(new Set(all.map(({ name }) => name)).size, 60);
  });

  test(`${engine.name}: keeps notifications as long as their events, and records as long as notifications`, async (t) => {
    const { store, clock } = await open(t);
    const terms = { keepHistoryMs: 0, keepEventsMs: 10 * minute, keepLayersUnusedMs: 1000 * minute };
    const [ten, twelve] = [buster, bookworm].map((namespace) => affectedRow('openssl', { namespace }));
    assert.ok(ten && twelve);
    const unfixed = { fix: { state: 'unfixed' } } as const;
    await apply(store, [record('A', { affected: [ten, twelve] })]);
    await apply(store, [record('A', { affected: [twelve] })]);
    clock.now += minute;
    await apply(store, [record('A', { affected: [{ ...ten, ...unfixed }, twelve] })]);
    await store.notifications.createFromEvents(9);
    const [made] = await store.notifications.findDue(9);
    clock.now += 9 * minute;
    await store.collectGarbage(terms);
    assert.equal((await store.vulnerabilities.findByNumbers([made?.old ?? 0])).length, 1);
    clock.now += 2 * minute;
    await store.collectGarbage(terms);
    assert.deepEqual(await store.notifications.findDue(9), []);
    assert.equal((await store.vulnerabilities.findByNumbers([made?.old ?? 0])).length, 0);
    await apply(store, [record('B', { affected: [ten] })]);
    clock.now += 11 * minute;
    await store.collectGarbage(terms);
    assert.equal(await store.notifications.createFromEvents(9), 0, 'deleted before a notification was made');
    await apply(store, [record('C', { affected: [ten] })]);
    assert.ok((await store.notifications.createFromEvents(9)) > 0);
  });
}

async function apply(
  store: Store,
  records: readonly KeyedRecord[],
  update: Partial<FeedUpdate> = {},
): Promise<void> {
  await store.advisories.apply(feedUpdate({ acceptShrunk: true, ...update }), stream(records));
}

const seen = new WeakMap<Store, number>();

/** Makes the notifications of all events since the last call; returns each with the sides it has. */
async function newParts(store: Store): Promise<string[]> {
  while ((await store.notifications.createFromEvents(9)) > 0);
  const all = await store.notifications.findDue(100);
  const fresh = all.filter(({ event }) => event > (seen.get(store) ?? 0));
  seen.set(store, await store.events.findLastNumber());
  return fresh
    .map(
      ({ namespace, old, new: is }: Notification) =>
        `${namespace} ${old === null ? '-' : 'old'} ${is === null ? '-' : 'new'}`,
    )
    .sort();
}
