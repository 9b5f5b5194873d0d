import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import {
  affectedRow,
  changeCounts,
  feedUpdate,
  hits,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { KeyedVulnerabilityRecord } from '../advisory-store.ts';
import type { Store } from '../store.ts';

const openssl = image([installed('openssl')]);

for (const engine of storeEngines) {
  test(`${engine.name}: applies a feed by difference`, async (t) => {
    const store = await engine.create(t)();
    const apply = (...records: KeyedVulnerabilityRecord[]) =>
      store.advisories.apply(feedUpdate({ acceptShrunk: true }), stream(records));

    assert.deepEqual(await apply(record('A'), record('B'), record('C')), changeCounts({ added: 3 }));
    assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl B', 'openssl C']);

    const fixedElsewhere = { affected: [affectedRow('curl')] };
    assert.deepEqual(
      await apply(record('A'), record('B', fixedElsewhere), record('D')),
      changeCounts({ added: 1, changed: 1, removed: 1, unchanged: 1 }),
    );
    assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl D']);
    assert.deepEqual(await hits(store, image([installed('curl')])), ['curl B']);

    // Closed records stay as history: three old records, a changed one and a new one.
    assert.equal((await store.statistics()).rows['vulnerability'], 5);

    assert.deepEqual(await apply(record('C')), changeCounts({ added: 1, removed: 3 }));
    assert.deepEqual(await hits(store, openssl), ['openssl C']);
  });

  test(`${engine.name}: writes no row when it applies the same content again`, async (t) => {
    const store = await engine.create(t)();
    const records = Array.from({ length: 100 }, (_, i) => record(`CVE-${i}`));
    await store.advisories.apply(feedUpdate(), stream(records));
    const before = (await store.statistics()).rows;
    assert.deepEqual(
      await store.advisories.apply(feedUpdate(), stream(records.toReversed())),
      changeCounts({ unchanged: 100 }),
    );
    assert.deepEqual((await store.statistics()).rows, before);
  });

  test(`${engine.name}: applies a feed without changing other feeds`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    await store.advisories.apply(feedUpdate({ feed: 'other' }), stream([record('A'), record('B')]));
    assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl A', 'openssl B']);
    await store.advisories.apply(feedUpdate(), stream([record('C')]));
    assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl B', 'openssl C']);
  });

  test(`${engine.name}: changes nothing when the stream breaks off`, async (t) => {
    const store = await engine.create(t)();
    const problem = new Error('the connection was lost');
    const breaking = (async function* () {
      yield* stream(Array.from({ length: 100 }, (_, i) => record(`new ${i}`)));
      throw problem;
    })();
    await assertUntouched(store, breaking, (error) => error === problem);
  });

  test(`${engine.name}: rejects a duplicate key`, async (t) => {
    const store = await engine.create(t)();
    for (const records of [
      [record('A'), record('B'), record('A')],
      [record('new'), record('new')],
    ])
      await assertUntouched(
        store,
        stream(records),
        isCorrupt(/^debian tracker: the record (A|new) occurs twice/),
      );
  });

  test(`${engine.name}: rejects an invalid time`, async (t) => {
    const store = await engine.create(t)();
    const records = stream([record('A', { modified: 'yesterday' })]);
    await assertUntouched(
      store,
      records,
      isCorrupt(/^debian tracker: the record A has the invalid modification time yesterday/),
    );
  });

  test(`${engine.name}: returns whether any record covers a namespace`, async (t) => {
    const store = await engine.create(t)();
    assert.equal(await store.advisories.covers('debian:12'), false);
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    assert.equal(await store.advisories.covers('debian:12'), true);
    assert.equal(await store.advisories.covers('debian:1'), false);
    const gone = stream([{ kind: 'withdrawn', key: 'A' } as const]);
    await store.advisories.apply(feedUpdate({ kind: 'changes' }), gone);
    assert.equal(await store.advisories.covers('debian:12'), false);
  });

  test(`${engine.name}: returns when a feed was first loaded, also after updates`, async (t) => {
    const times = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];
    let now = 0;
    const store = await engine.create(t)({ now: () => now });
    const feed = { source: 'debian', feed: 'tracker' };
    assert.equal(await store.advisories.findFirstLoad(feed), null);
    const { sourceVersion, origin } = feedUpdate();
    await store.advisories.recordFailure(
      { ...feed, sourceVersion, origin },
      { at: times[0] ?? '', message: 'it is away' },
    );
    assert.equal(await store.advisories.findFirstLoad(feed), null);
    for (const time of times) {
      now = Date.parse(time);
      await store.advisories.apply(feedUpdate({ fetchedAt: time }), stream([record(`A ${time}`)]));
      assert.equal(await store.advisories.findFirstLoad(feed), times[0]);
    }
  });

  test(`${engine.name}: returns the sources that have records of a namespace`, async (t) => {
    const store = await engine.create(t)();
    assert.deepEqual(await store.advisories.findSources('debian:12'), []);
    for (const source of ['debian', 'acme'])
      await store.advisories.apply(feedUpdate({ source }), stream([record('A')]));
    assert.deepEqual(await store.advisories.findSources('debian:12'), ['acme', 'debian']);
    assert.deepEqual(await store.advisories.findSources('debian:1'), []);
  });

  test(`${engine.name}: rejects a namespace with another version scheme`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const namespace = { name: 'debian:12', versionScheme: 'rpm' };
    const records = stream([record('B', { affected: [affectedRow('openssl', { namespace })] })]);
    await assert.rejects(
      store.advisories.apply(feedUpdate(), records),
      isUnusable(/debian:12 by the scheme dpkg, not by rpm/),
    );
    await assert.rejects(store.images.save(image([installed('openssl', { namespace })])), isUnusable(/dpkg/));
  });
}

/** Tries to apply records to a feed that has A; asserts that this fails and changes nothing. */
async function assertUntouched(
  store: Store,
  records: AsyncIterable<KeyedVulnerabilityRecord>,
  isExpected: (error: unknown) => boolean,
): Promise<void> {
  await store.advisories.apply(feedUpdate(), stream([record('A')]));
  const [rows, states] = [(await store.statistics()).rows, await store.advisories.findFeedStates()];
  await assert.rejects(store.advisories.apply(feedUpdate({ fingerprint: 'two' }), records), isExpected);
  assert.deepEqual((await store.statistics()).rows, rows);
  assert.deepEqual(await store.advisories.findFeedStates(), states);
}

function isCorrupt(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof ClairError && error.code === 'feed-corrupt' && message.test(error.message);
}

function isUnusable(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof ClairError && error.code === 'store-unusable' && message.test(error.message);
}
