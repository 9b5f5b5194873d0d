import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedRow, feedUpdate, keys, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { FeedUpdate, KeyedAffected, KeyedRecord, KeyedVulnerabilityRecord } from '../advisory-store.ts';
import type { AdvisoryEvent, FixRow } from '../event-store.ts';
import type { Store } from '../store.ts';

const buster = { name: 'debian:10', versionScheme: 'dpkg' };
const row = affectedRow('openssl');
const full = record('A', {
  aliases: ['CVE-1', 'CVE-2'],
  affected: [row, affectedRow('curl', { severity: 'Low' })],
});
const curl = affectedRow('curl', { severity: 'Low' });

/** Changes that affect no image. */
const insignificant: Partial<KeyedVulnerabilityRecord>[] = [
  { description: 'now with a description' },
  { links: ['https://example.org/other'] },
  { cvss: [{ source: 'nvd', vector: 'CVSS:3.1/AV:N', score: 5 }] },
  { modified: '2026-01-01T00:00:00Z' },
  { aliases: ['CVE-2', 'CVE-1'] },
  { affected: [curl, row] },
  { affected: [row, curl, row] },
  { affected: [{ ...row, severity: 'Medium' }, curl] },
  { affected: [{ ...row, range: { to: '0:5' }, fix: { state: 'fixed', version: '0:5' } }, curl] },
];

/** Changes that affect images, and the aspects that they change. */
const significant: (readonly [
  Partial<KeyedVulnerabilityRecord>,
  readonly AdvisoryEvent['changed'][number][],
])[] = [
  [{ id: 'B' }, ['aliases']],
  [{ aliases: ['CVE-1'] }, ['aliases']],
  [{ severity: 'High' }, ['severity']],
  [{ affected: [row, { ...curl, severity: 'High' }] }, ['severity']],
  [{ affected: [row] }, ['packages']],
  [{ affected: [row, curl, affectedRow('bash')] }, ['packages']],
  [{ affected: [{ ...row, only: { arch: ['amd64'] } }, curl] }, ['packages']],
  [{ affected: [{ ...row, fix: { state: 'unfixed' } }, curl] }, ['fix']],
  [{ affected: [{ ...row, fix: { state: 'fixed', version: '6' } }, curl] }, ['fix']],
  [{ affected: [{ ...row, keys: keys([2], [5]) }, curl] }, ['range']],
  [{ affected: [{ ...row, keys: keys([], [6]) }, curl] }, ['fix', 'range']],
  [{ affected: [row, curl, { ...row, keys: keys([7], [8]) }] }, ['fix', 'range']],
];

for (const engine of storeEngines) {
  test(`${engine.name}: makes events for new, changed and vanished records`, async (t) => {
    let now = Date.parse('2026-01-02T00:00:00Z');
    const store = await engine.create(t)({ now: () => now });
    await apply(store, [record('A'), record('B'), record('C'), record('D')]);
    assert.deepEqual(await store.events.findAfter(0, 10), [], 'the first load makes no events');
    assert.equal(await store.events.findLastNumber(), 0);

    now += 1000;
    await apply(store, [record('A'), record('E'), record('B', { severity: 'High' }), record('C')]);
    const events = await store.events.findAfter(0, 10);
    const common = { at: '2026-01-02T00:00:01.000Z', source: 'debian', feed: 'tracker' };
    assert.deepEqual(
      events.map(({ old, new: is, ...event }) => event),
      [
        { number: 1, ...common, key: 'E', id: 'E', kind: 'new', changed: [] },
        { number: 2, ...common, key: 'B', id: 'B', kind: 'changed', changed: ['severity'] },
        { number: 3, ...common, key: 'D', id: 'D', kind: 'withdrawn', changed: [] },
      ],
    );
    assert.deepEqual(await severities(store, events), [
      [undefined, 'Medium'],
      ['Medium', 'High'],
      ['Medium', undefined],
    ]);

    assert.deepEqual(await store.events.findAfter(1, 1), [events[1]]);
    assert.deepEqual(await store.events.findAfter(3, 10), []);
    assert.equal(await store.events.findLastNumber(), 3);
    await apply(store, [{ kind: 'withdrawn', key: 'E' }, record('F')], { kind: 'changes' });
    const [gone, fresh] = (await store.events.findAfter(3, 10)).toReversed();
    assert.deepEqual([gone?.number, gone?.kind, gone?.key], [5, 'withdrawn', 'E']);
    assert.deepEqual([fresh?.number, fresh?.kind, fresh?.key], [4, 'new', 'F']);
  });

  test(`${engine.name}: finds when an update first brought a fix`, async (t) => {
    let now = Date.parse('2026-01-02T00:00:00Z');
    const day = 86_400_000;
    const store = await engine.create(t)({ now: () => now });
    const fixedIn = (name: string, version: string): KeyedAffected =>
      affectedRow(name, { fix: { state: 'fixed', version } });
    const unfixed = affectedRow('openssl', { fix: { state: 'unfixed' } });
    const ask = (id: string, version: string, name = 'openssl'): FixRow => ({
      source: 'debian',
      id,
      namespace: 'debian:12',
      package: name,
      version,
    });
    const asked = [
      ...[ask('A', '1'), ask('A', '2'), ask('B', '1'), ask('C', '1'), ask('B', '9')],
      ...[ask('A', '1', 'curl'), { ...ask('B', '1'), namespace: 'debian:13' }],
    ];
    const found = async (asOf?: string): Promise<(string | undefined)[]> =>
      (await store.events.findFixTimes(asked, { asOf })).map((time) => time?.slice(0, 10));
    const none = asked.map(() => undefined);
    const loaded = [
      record('A', { affected: [fixedIn('openssl', '1')] }),
      record('B', { affected: [unfixed] }),
    ];
    await apply(store, loaded);
    assert.deepEqual(await found(), none, 'the first load is not the time of a fix');

    now += day;
    const fixed = record('B', { affected: [fixedIn('openssl', '1')] });
    await apply(store, [record('A', { affected: [fixedIn('openssl', '2')] }), fixed]);
    now += day;
    const added = record('C', { affected: [fixedIn('openssl', '1')] });
    // Another change of B, and the first fix of A again.
    await apply(store, [loaded[0] ?? fixed, { ...fixed, severity: 'High' }, added]);
    assert.deepEqual(await found(), [
      ...[undefined, '2026-01-03', '2026-01-03', '2026-01-04', undefined],
      ...[undefined, undefined],
    ]);
    assert.deepEqual(await found('2026-01-03T12:00:00Z'), [
      ...[undefined, '2026-01-03', '2026-01-03', undefined, undefined],
      ...[undefined, undefined],
    ]);
  });

  test(`${engine.name}: makes events for significant changes only`, async (t) => {
    const store = await engine.create(t)();
    await apply(store, [full]);
    for (const change of insignificant) {
      assert.equal((await apply(store, [{ ...full, ...change }])).changed, 1, JSON.stringify(change));
      await apply(store, [full]);
      assert.equal(await store.events.findLastNumber(), 0, JSON.stringify(change));
    }
    for (const [change, changed] of significant) {
      const last = await store.events.findLastNumber();
      await apply(store, [{ ...full, ...change }]);
      await apply(store, [full]);
      const events = await store.events.findAfter(last, 10);
      assert.deepEqual(
        events.map((event) => event.changed),
        [changed, changed],
        JSON.stringify(change),
      );
    }
  });

  test(`${engine.name}: makes an event for a record without rows by its severity`, async (t) => {
    const store = await engine.create(t)();
    const bare = record('A', { affected: [] });
    await apply(store, [bare]);
    await apply(store, [{ ...bare, description: 'longer' }]);
    await apply(store, [{ ...bare, severity: 'Critical' }]);
    assert.deepEqual(
      (await store.events.findAfter(0, 9)).map(({ changed }) => changed),
      [['severity']],
    );
  });

  test(`${engine.name}: makes no events when the source version or the origin changes`, async (t) => {
    const store = await engine.create(t)();
    await apply(store, [record('A')]);
    await apply(store, [record('B')], { sourceVersion: 2 });
    await apply(store, [record('C')], { sourceVersion: 2, origin: '/mirror' });
    assert.equal(await store.events.findLastNumber(), 0);
    await apply(store, [record('D')], { sourceVersion: 2, origin: '/mirror' });
    assert.equal(await store.events.findLastNumber(), 2);
  });

  test(`${engine.name}: makes no events when a feed drops or restores a namespace`, async (t) => {
    const store = await engine.create(t)();
    const old = affectedRow('openssl', { namespace: buster });
    const both = [record('A', { affected: [old, row] }), record('B', { affected: [old] }), record('C')];
    await apply(store, both);
    await apply(store, [record('A', { affected: [row] }), record('C')]);
    await apply(store, both);
    assert.deepEqual(await store.events.findAfter(0, 10), []);

    await apply(store, [record('A', { affected: [{ ...row, fix: { state: 'unfixed' } }] }), record('C')]);
    const [event] = await store.events.findAfter(0, 10);
    assert.deepEqual([event?.key, event?.changed], ['A', ['fix']]);
    await apply(store, [record('A', { affected: [old, row] }), record('C')]);
    // B is no longer retained: the feed covers its namespace again, without B.
    const rest = await store.events.findAfter(1, 10);
    assert.deepEqual(
      rest.map(({ key, kind, changed }) => [key, kind, ...changed]),
      [
        ['A', 'changed', 'fix'],
        ['B', 'withdrawn'],
      ],
    );
  });

  test(`${engine.name}: makes no events when an update is rejected`, async (t) => {
    const store = await engine.create(t)();
    await apply(store, [record('A')]);
    const breaking = (async function* () {
      yield record('B');
      throw new Error('the connection was lost');
    })();
    await assert.rejects(store.advisories.apply(feedUpdate(), breaking));
    assert.equal(await store.events.findLastNumber(), 0);
  });

  test(`${engine.name}: numbers events in the order in which they become visible`, async (t) => {
    const store = await engine.create(t)();
    const feeds = ['one', 'two', 'three', 'four'];
    const load = (edition: string) =>
      Promise.all(
        feeds.map((feed) =>
          apply(
            store,
            Array.from({ length: 20 }, (_, i) => record(`${edition} ${i}`)),
            { feed, acceptShrunk: true },
          ),
        ),
      );
    await load('first');
    await load('second');
    const events = await store.events.findAfter(0, 1000);
    assert.deepEqual(
      events.map(({ number }) => number),
      Array.from({ length: 160 }, (_, i) => i + 1),
    );
    const order = [...new Set(events.map(({ feed }) => feed))];
    assert.deepEqual(order.toSorted(), feeds.toSorted());
    assert.deepEqual(
      events.map(({ feed }) => feed),
      order.flatMap((feed) => Array<string>(40).fill(feed)),
    );
  });

  test(`${engine.name}: makes an event for each of many simultaneous changes`, async (t) => {
    const store = await engine.create(t)();
    const records = (severity: 'Low' | 'High') =>
      Array.from({ length: 450 }, (_, i) => record(`${i}`, { severity }));
    await apply(store, records('Low'));
    await apply(store, records('High'));
    const events = await store.events.findAfter(0, 1000);
    assert.deepEqual(
      events.map(({ key }) => key),
      records('Low').map(({ key }) => key),
    );
    assert.ok(events.every(({ changed }) => changed.join() === 'severity'));
  });
}

function apply(store: Store, records: readonly KeyedRecord[], update: Partial<FeedUpdate> = {}) {
  return store.advisories.apply(feedUpdate(update), stream(records));
}

/** Returns the severities of the records before and after each event. */
async function severities(store: Store, events: readonly AdvisoryEvent[]) {
  return await Promise.all(
    events.map(({ old, new: is }) =>
      Promise.all(
        [old, is].map(async (number) =>
          number === null ? undefined : (await store.vulnerabilities.findByNumbers([number]))[0]?.severity,
        ),
      ),
    ),
  );
}
