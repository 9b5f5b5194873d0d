import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  affectedRow,
  bookworm,
  changeCounts,
  feedUpdate,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { FeedUpdate } from '../advisory-store.ts';
import type { Store } from '../store.ts';

const trixie = { name: 'debian:13', versionScheme: 'dpkg' };

function changes(keys: readonly string[], current: Readonly<Record<string, number>> = {}): FeedUpdate {
  return feedUpdate({ kind: 'keys', keys, expectedVersions: new Map(Object.entries(current)) });
}

for (const engine of storeEngines) {
  test(`${engine.name}: compares a small change of a feed with its own keys only`, async (t) => {
    const store = await engine.create(t)();
    const all = ['A', 'B', 'C'].map((id) => record(id));
    await store.advisories.apply(feedUpdate(), stream(all));
    const changed = record('B', { severity: 'High' });
    assert.deepEqual(
      await store.advisories.apply(changes(['B', 'D'], { B: 2 }), stream([changed, record('D')])),
      changeCounts({ added: 1, changed: 1 }),
    );
    assert.deepEqual(
      await store.advisories.apply(changes(['A'], { A: 1 }), stream([{ kind: 'withdrawn', key: 'A' }])),
      changeCounts({ removed: 1 }),
    );
    assert.equal((await store.advisories.findFeedStates())[0]?.records, 3);
    const tracker = { source: 'debian', feed: 'tracker' };
    const left = await store.vulnerabilities.findByKeys(tracker, ['A', 'B', 'C', 'D']);
    assert.deepEqual(left.map(({ key, severity }) => `${key} ${severity}`).sort(), [
      'B High',
      'C Medium',
      'D Medium',
    ]);
  });

  test(`${engine.name}: makes events from the first record of an unknown feed when it is written by key`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(changes(['A']), stream([record('A')]));
    await store.advisories.apply(feedUpdate({ kind: 'changes', feed: 'other' }), stream([record('A')]));
    const events = await store.events.findAfter(0, 9);
    assert.deepEqual(
      events.map(({ kind, key }) => [kind, key]),
      [['new', 'A']],
    );
  });

  test(`${engine.name}: accepts simultaneous changes of different records of one feed`, async (t) => {
    const open = engine.create(t);
    const stores = engine.isShared ? [await open(), await open()] : [await open()];
    const ids = Array.from({ length: 20 }, (_, i) => `CVE-${i}`);
    const [store = assert.fail()] = stores;
    const updates = ids.map((id, i) =>
      (stores[i % stores.length] ?? store).advisories.apply(
        changes([id]),
        stream([
          record(id, { affected: [affectedRow('a', { namespace: i % 2 === 0 ? bookworm : trixie })] }),
        ]),
      ),
    );
    assert.deepEqual(
      await Promise.all(updates),
      ids.map(() => changeCounts({ added: 1 })),
    );
    const [state] = await store.advisories.findFeedStates();
    assert.equal(state?.records, ids.length);
    const numbers = (await store.events.findAfter(0, 99)).map(({ number }) => number);
    assert.deepEqual(
      numbers,
      ids.map((_, i) => i + 1),
    );
  });

  test(`${engine.name}: rejects a change that is based on an outdated record`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(changes(['A']), stream([record('A')]));
    const late = changes(['A']);
    await assert.rejects(store.advisories.apply(late, stream([record('A', { severity: 'High' })])), {
      code: 'store-conflict',
    });
    assert.equal((await store.vulnerabilities.findByNumbers([1]))[0]?.severity, 'Medium');
  });

  test(`${engine.name}: finds records by key, and by id in a namespace`, async (t) => {
    const store = await engine.create(t)();
    const elsewhere = record('CVE-1', { key: 'x', affected: [affectedRow('a', { namespace: trixie })] });
    await store.advisories.apply(feedUpdate(), stream([elsewhere, record('CVE-1'), record('CVE-2')]));
    await store.advisories.apply(feedUpdate({ feed: 'other' }), stream([record('CVE-1')]));
    const numbers = async (found: ReturnType<Store['vulnerabilities']['findByKeys']>): Promise<number[]> =>
      (await found).map(({ number }) => number);
    const feed = { source: 'debian', feed: 'tracker' };
    assert.deepEqual(await numbers(store.vulnerabilities.findByKeys(feed, ['CVE-2', 'x', 'none'])), [1, 3]);
    assert.deepEqual(await numbers(store.vulnerabilities.findByKeys(feed, [])), []);
    assert.deepEqual(await numbers(store.vulnerabilities.findByIds('debian:12', ['CVE-1', 'CVE-9'])), [2, 4]);
    assert.deepEqual(await numbers(store.vulnerabilities.findByIds('debian:13', ['CVE-1', 'CVE-2'])), [1]);
    assert.deepEqual(await numbers(store.vulnerabilities.findByIds('debian:14', ['CVE-1'])), []);
    const many = Array.from({ length: 1200 }, (_, i) => `none-${i}`);
    assert.deepEqual(await numbers(store.vulnerabilities.findByKeys(feed, [...many, 'x'])), [1]);
  });

  test(`${engine.name}: returns the metadata of an author with the record and with a hit`, async (t) => {
    const store = await engine.create(t)();
    const metadata = { NVD: { CVSSv2: { Score: 7.5 } }, note: ['\u0000', null] };
    await store.advisories.apply(feedUpdate(), stream([record('CVE-1', { metadata })]));
    assert.deepEqual((await store.vulnerabilities.findByNumbers([1]))[0]?.metadata, metadata);
  });

  test(`${engine.name}: saves a namespace before its version scheme is known`, async (t) => {
    const open = engine.create(t);
    const store = await open();
    await store.advisories.saveNamespace({ name: 'new:1', versionScheme: '' });
    await store.advisories.saveNamespace(bookworm);
    await store.advisories.saveNamespace({ name: 'debian:12', versionScheme: '' });
    assert.deepEqual(await store.advisories.findNamespaces(), [
      { name: 'new:1', versionScheme: '' },
      bookworm,
    ]);
    // A second store has cached the first state, and must refresh it.
    const other = engine.isShared ? await open() : store;
    await other.advisories.saveNamespace({ name: 'new:1', versionScheme: '' });
    await store.advisories.saveNamespace({ name: 'new:1', versionScheme: 'rpm' });
    await other.advisories.saveNamespace({ name: 'new:1', versionScheme: 'rpm' });
    assert.deepEqual((await other.advisories.findNamespaces())[0], { name: 'new:1', versionScheme: 'rpm' });
    await assert.rejects(other.advisories.saveNamespace({ name: 'new:1', versionScheme: 'dpkg' }), {
      code: 'store-unusable',
    });
  });
}
