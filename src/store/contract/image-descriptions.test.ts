import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  affectedRow,
  feedUpdate,
  image,
  installed,
  record,
  stream,
  versionKey,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { ImageDescription, StoredDescription } from '../image-store.ts';
import type { Store } from '../store.ts';

const dayMs = 24 * 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');

/** Longer than a page of the database. */
const long = Array.from({ length: 20_000 }, (_, i) => `ü${i}`).join('\n');

function description(changes: Partial<ImageDescription> = {}): ImageDescription {
  return { key: 'key', summary: '{}', packages: long, ...changes };
}

const read = (found: StoredDescription | undefined): unknown =>
  found && [found.image, found.summary, found.packages];

const shortly = async (store: Store, number: number): Promise<string[]> => {
  const found = await store.images.findMatches(number, { isRemembered: true });
  return found.map((match) => `${match.package} ${match.id} ${match.source}`);
};

for (const engine of storeEngines) {
  test(`${engine.name}: returns the last description of an image by its key`, async (t) => {
    const store = await engine.create(t)();
    const [first, second] = [
      await store.images.save(image([installed('openssl')])),
      await store.images.save(image([installed('bash')])),
    ];
    assert.equal(await store.images.findDescription('key'), undefined);
    await store.images.saveDescription(first, description());
    await store.images.saveDescription(second, description({ key: 'other', packages: '(short' }));
    assert.deepEqual(read(await store.images.findDescription('key')), [first, '{}', long]);
    assert.deepEqual(read(await store.images.findDescription('other')), [second, '{}', '(short']);
    await store.images.saveDescription(first, description({ key: 'newer', summary: '{"a":1}' }));
    assert.equal(await store.images.findDescription('key'), undefined);
    assert.deepEqual(read(await store.images.findDescription('newer')), [first, '{"a":1}', long]);
  });

  test(`${engine.name}: deletes a description with its image, and not while it is used`, async (t) => {
    const clock = { day: 0 };
    const store = await engine.create(t)({ now: () => start + clock.day * dayMs });
    const terms = { keepHistoryMs: dayMs, keepEventsMs: dayMs, keepLayersUnusedMs: 30 * dayMs };
    const number = await store.images.save(image([installed('openssl')]));
    await store.images.saveDescription(number, description());
    clock.day = 25;
    assert.notEqual(await store.images.findDescription('key'), undefined);
    clock.day = 50;
    await store.collectGarbage(terms);
    assert.notEqual(await store.images.findDescription('key'), undefined);
    clock.day = 100;
    assert.equal((await store.collectGarbage(terms)).images, 1);
    assert.equal(await store.images.findDescription('key'), undefined);
    await store.images.saveDescription(number, description());
    assert.equal(await store.images.findDescription('key'), undefined);
    // Another image may have its number.
    const next = await store.images.save(image([installed('bash')]));
    assert.equal(await store.images.findDescription('key'), undefined);
    await store.images.saveDescription(next, description());
    assert.deepEqual(read(await store.images.findDescription('key')), [next, '{}', long]);
  });

  test(`${engine.name}: finds the current matches when it has remembered those of earlier advisories`, async (t) => {
    const store = await engine.create(t)();
    const packages = [
      installed('bash'),
      installed('curl', { key: versionKey(9) }),
      { ...installed('openssl'), location: { path: 'usr/lib/x', layer: null }, foundBy: 'rpm' },
      installed('zlib'),
    ];
    const number = await store.images.save(image(packages));
    const apply = (names: readonly string[], fingerprint: string) =>
      store.advisories.apply(
        feedUpdate({ fingerprint, acceptShrunk: true }),
        stream(names.map((name) => record(`CVE-${name}`, { affected: [affectedRow(name)] }))),
      );
    await store.images.saveDescription(number, description());
    const editions: readonly (readonly [readonly string[], readonly string[]])[] = [
      [[], []],
      [
        ['bash', 'curl', 'openssl'],
        ['0 CVE-bash debian', '2 CVE-openssl debian'],
      ],
      [['zlib'], ['3 CVE-zlib debian']],
      [['perl'], []],
    ];
    for (const [i, [names, expected]] of editions.entries()) {
      await apply(names, `edition ${i}`);
      for (let reads = 0; reads < 3; reads++) assert.deepEqual(await shortly(store, number), expected);
      const whole = await store.images.findMatches(number);
      assert.deepEqual(await store.images.findMatches(number, { isRemembered: true }), whole);
    }
  });

  test(`${engine.name}: refuses the matches of an image that was deleted`, async (t) => {
    const store = await engine.create(t)();
    await assert.rejects(store.images.findMatches(7, { isRemembered: true }), /no image 7/);
  });
}
