import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { emptyLayer } from '../../testing/empty-layer.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  hits,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { KeyedRecord } from '../advisory-store.ts';
import type { RetentionTerms } from '../maintenance.ts';

const dayMs = 24 * 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const terms: RetentionTerms = {
  keepHistoryMs: 10 * dayMs,
  keepEventsMs: 20 * dayMs,
  keepLayersUnusedMs: 30 * dayMs,
};
const nothing = { events: 0, vulnerabilities: 0, images: 0, layers: 0, locks: 0 };
const openssl = image([installed('openssl')]);
for (const engine of storeEngines) {
  const open = async (t: Parameters<typeof engine.create>[0]) => {
    const clock = { day: 0 };
    const store = await engine.create(t)({ now: () => start + clock.day * dayMs });
    const apply = (day: number, records: readonly KeyedRecord[], source = 'debian') => {
      clock.day = day;
      const fetchedAt = new Date(start + day * dayMs).toISOString();
      return store.advisories.apply(feedUpdate({ source, fetchedAt, acceptShrunk: true }), stream(records));
    };
    const rowsOf = async (...tables: string[]) => {
      const { rows } = await store.statistics();
      return tables.map((table) => rows[table]);
    };
    return { store, clock, apply, rowsOf };
  };

  test(`${engine.name}: deletes expired history and keeps current records`, async (t) => {
    const { store, clock, apply, rowsOf } = await open(t);
    const edition = (description: string) => [
      record('A', { description, aliases: ['CVE-1'] }),
      record('B', { affected: [affectedRow('bash'), affectedRow('curl')] }),
    ];
    for (const day of [0, 1, 2, 3]) await apply(day, edition(`of day ${day}`));
    const tables = ['vulnerability', 'affected', 'alias'] as const;
    assert.deepEqual(await rowsOf(...tables), [5, 6, 4]);
    clock.day = 11;
    assert.deepEqual(await store.collectGarbage(terms), nothing);
    // Records that were closed on day 1 have been history for ten days.
    clock.day = 11.5;
    assert.deepEqual(await store.collectGarbage(terms), { ...nothing, vulnerabilities: 1 });
    assert.deepEqual(await store.collectGarbage(terms), nothing);
    assert.deepEqual(await rowsOf(...tables), [4, 5, 3]);
    clock.day = 100;
    assert.deepEqual(await store.collectGarbage(terms), { ...nothing, vulnerabilities: 2 });
    assert.deepEqual(await rowsOf(...tables), [2, 3, 1]);
    assert.deepEqual(await hits(store, openssl), ['openssl A']);
  });

  test(`${engine.name}: rejects a time before the retained history`, async (t) => {
    const { store, clock, apply } = await open(t);
    const number = await store.images.save(openssl);
    const asOf = (day: number) => ({ asOf: new Date(start + day * dayMs).toISOString() });
    await apply(1, [record('A')]);
    await apply(5, [record('B')]);
    clock.day = 16;
    await store.collectGarbage(terms);
    assert.equal((await store.images.findMatches(number, asOf(6))).length, 1);
    for (const day of [1, 5.9]) {
      const isRefused = (error: unknown) =>
        error instanceof ClairError &&
        error.code === 'usage' &&
        /goes back to 2026-01-07T/.test(error.message);
      await assert.rejects(store.images.findMatches(number, asOf(day)), isRefused);
      await assert.rejects(store.advisories.findFeedStates(asOf(day)), isRefused);
    }
  });

  test(`${engine.name}: reaches back to its beginning while nothing has expired`, async (t) => {
    const { store, clock, apply } = await open(t);
    await apply(1, [record('A')]);
    clock.day = 200;
    assert.deepEqual(await store.collectGarbage(terms), nothing);
    const number = await store.images.save(openssl);
    assert.equal((await store.images.findMatches(number, { asOf: '2026-01-03' })).length, 1);
  });

  test(`${engine.name}: keeps records that an event refers to`, async (t) => {
    const { store, clock, apply, rowsOf } = await open(t);
    await apply(0, [record('A'), record('B')]);
    await apply(1, [record('A', { severity: 'High' })]);
    await apply(1.5, [record('A', { severity: 'Low' })]);
    clock.day = 15;
    assert.deepEqual(await store.collectGarbage(terms), nothing);
    const events = await store.events.findAfter(0, 10);
    const numbers = events.flatMap(({ old, new: is }) => [old, is]).filter((number) => number !== null);
    const severities = (await store.vulnerabilities.findByNumbers(numbers)).map(({ severity }) => severity);
    assert.deepEqual(severities, ['Medium', 'Medium', 'High', 'Low']);
    clock.day = 21.2;
    assert.deepEqual(await store.collectGarbage(terms), { ...nothing, events: 2, vulnerabilities: 2 });
    assert.deepEqual(await rowsOf('event', 'vulnerability'), [1, 2]);
    clock.day = 40;
    assert.deepEqual(await store.collectGarbage(terms), { ...nothing, events: 1, vulnerabilities: 1 });
    assert.equal(await store.events.findLastNumber(), 3, 'numbers of events are never reused');
  });

  test(`${engine.name}: deletes images and layers that were not used within the retention time`, async (t) => {
    const { store, clock, rowsOf } = await open(t);
    const images = ['used', 'unused', 'ancestry', 'layer'].map((name) => {
      return { ...image([installed('openssl')], name), layers: [`layer of ${name}`] };
    });
    for (const item of images) {
      const number = await store.images.save(item);
      await store.layers.save(`layer of ${item.identity}`, 'key', emptyLayer);
      await store.ancestries.saveLayerHash(item.identity, `layer of ${item.identity}`);
      if (item.identity === 'ancestry') await store.ancestries.save(ancestry('shop', number));
      if (item.identity === 'layer')
        await store.namedLayers.save({
          name: 'base',
          parent: null,
          image: number,
          format: 'Docker',
          engineVersion: 3,
        });
    }
    clock.day = 20;
    await store.images.save(images[0] ?? assert.fail());
    assert.ok(await store.layers.find('layer of used', 'key'));
    clock.day = 31;
    assert.deepEqual(await store.collectGarbage(terms), { ...nothing, images: 1, layers: 1 });
    assert.equal(await store.layers.find('layer of unused', 'key'), undefined);
    for (const name of ['ancestry', 'layer']) assert.ok(await store.layers.find(`layer of ${name}`, 'key'));
    assert.equal(await store.ancestries.findLayerIdentity('unused'), undefined);
    assert.equal(await store.ancestries.findLayerIdentity('used'), 'layer of used');
    assert.deepEqual(await rowsOf('image', 'image_set', 'layer'), [3, 3, 3]);
    assert.deepEqual(await store.collectGarbage(terms), nothing);
  });

  test(`${engine.name}: deletes expired locks`, async (t) => {
    const { store, clock } = await open(t);
    await store.locks.acquire('one', 'me', dayMs);
    await store.locks.acquire('two', 'me', 3 * dayMs);
    clock.day = 2;
    assert.deepEqual(await store.collectGarbage(terms), { ...nothing, locks: 1 });
    assert.equal(await store.locks.acquire('two', 'you', dayMs), undefined);
  });

  test(`${engine.name}: collects garbage during updates and reads`, async (t) => {
    const { store, clock, apply } = await open(t);
    await apply(0, [record('A')]);
    const updating = (async () => {
      for (let day = 1; day <= 20; day++)
        await apply(day, [record('A', { severity: day % 2 ? 'High' : 'Low' })]);
    })();
    const throwing = (async () => {
      for (let i = 0; i < 10; i++)
        await store.collectGarbage({ ...terms, keepHistoryMs: 0, keepEventsMs: 0 });
    })();
    for (let i = 0; i < 10; i++) assert.deepEqual(await hits(store, openssl), ['openssl A']);
    await Promise.all([updating, throwing]);
    clock.day = 100;
    await store.collectGarbage(terms);
    const { rows } = await store.statistics();
    assert.deepEqual([rows['vulnerability'], rows['affected'], rows['event']], [1, 1, 0]);
    assert.equal(await store.events.findLastNumber(), 20);
  });

  test(`${engine.name}: deletes many rows in small steps`, async (t) => {
    const { store, clock, apply, rowsOf } = await open(t);
    const edition = (severity: 'Low' | 'High') =>
      Array.from({ length: 450 }, (_, i) => record(`${i}`, { severity }));
    await apply(0, edition('Low'));
    await apply(1, edition('High'));
    clock.day = 100;
    assert.deepEqual(await store.collectGarbage(terms), { ...nothing, events: 450, vulnerabilities: 450 });
    assert.deepEqual(await rowsOf('event', 'vulnerability', 'affected'), [0, 450, 450]);
  });
}
