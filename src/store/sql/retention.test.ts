import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { bareEngines } from '../../testing/bare-engines.ts';
import { emptyLayer } from '../../testing/empty-layer.ts';
import { ancestry, feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { sharedEngines, temporaryDirectory, temporarySchema } from '../../testing/store-engines.ts';
import { query } from '../contract/postgres-schemas.ts';
import type { RetentionTerms } from '../maintenance.ts';
import { storeTimeout } from '../store-timeout.ts';
import type { Engine } from './engine.ts';
import { openSqlStore } from './sql-store.ts';

const dayMs = 24 * 3_600_000;
const terms: RetentionTerms = { keepHistoryMs: dayMs, keepEventsMs: dayMs, keepLayersUnusedMs: dayMs };

/** Makes each engine refuse to delete an image, after all that refers to it is gone. */
const refusals: Readonly<Record<string, (place: string) => Promise<void> | void>> = {
  'sqlite file': (place) => {
    const database = new DatabaseSync(place);
    database.exec(
      "create trigger kept before delete on image begin select raise(abort, 'the disk is full'); end",
    );
    database.close();
  },
  postgresql: async (place) => {
    await query(
      place,
      "create function refuse() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$",
    );
    await query(place, 'create trigger kept before delete on image for each row execute function refuse()');
  },
};

for (const engine of sharedEngines) {
  test(`${engine.name}: keeps the packages of an image whose removal fails midway`, async (t) => {
    const place =
      engine.name === 'postgresql' ? await temporarySchema(t) : `${temporaryDirectory(t)}/clair.db`;
    const clock = { now: 0 };
    await using store = await engine.open(place, { now: () => clock.now });
    const number = await store.images.save({ ...image([installed('openssl')]), layers: ['a', 'b'] });
    await refusals[engine.name]?.(place);
    clock.now = 2 * dayMs;
    await assert.rejects(store.collectGarbage(terms), /the disk is full/);
    const kept = await store.images.findByNumber(number);
    assert.deepEqual([kept.packages.length, kept.layers], [1, ['a', 'b']]);
  });
}

/** Returns an engine that does something before each write transaction. */
function beforeWrites(engine: Engine, act: () => Promise<unknown>): Engine {
  return {
    ...engine,
    write: async (...args) => {
      await act();
      return await engine.write(...args);
    },
  };
}

/** Saves an image with its layer, under a name if one is given. */
async function saveImage(
  store: Awaited<ReturnType<typeof openSqlStore>>,
  name: string,
  ancestryName?: string,
): Promise<void> {
  const number = await store.images.save({ ...image([installed(name)], name), layers: [`layer of ${name}`] });
  await store.layers.save(`layer of ${name}`, 'key', emptyLayer);
  if (ancestryName !== undefined) await store.ancestries.save(ancestry(ancestryName, number));
}

for (const { name, engine } of bareEngines) {
  test(`${name}: waits for no writer when nothing has expired`, async (t) => {
    const open = await engine(t);
    await using writer = await open();
    await using store = await openSqlStore(await open(), {});
    await saveImage(store, 'used');
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    await writer.write(async () => {
      await storeTimeout.run(1000, () => store.collectGarbage(terms));
    }, 'own rows');
  });

  test(`${name}: keeps an image and a layer that are used after the search for unused ones`, async (t) => {
    const open = await engine(t);
    const clock = { now: 0 };
    const now = (): number => clock.now;
    await using other = await openSqlStore(await open(), { now });
    for (const one of ['renewed', 'named', 'unused']) await saveImage(other, one);
    clock.now = 2 * dayMs;
    let writes = 0;
    const use = async (): Promise<void> => {
      if (++writes > 1) return;
      await saveImage(other, 'renewed');
      await other.layers.find('layer of renewed', 'key');
      await other.ancestries.save(ancestry('shop', 2));
    };
    await using store = await openSqlStore(beforeWrites(await open(), use), { now });
    const { images, layers } = await store.collectGarbage(terms);
    assert.deepEqual([images, layers], [1, 1]);
    assert.deepEqual((await store.images.findByNumber(1)).identity, 'renewed');
    assert.deepEqual((await store.images.findByNumber(2)).identity, 'named');
    for (const one of ['renewed', 'named']) assert.ok(await store.layers.find(`layer of ${one}`, 'key'));
  });

  test(`${name}: lets another writer work between its steps`, async (t) => {
    const open = await engine(t);
    const clock = { now: 0 };
    const now = (): number => clock.now;
    await using other = await openSqlStore(await open(), { now });
    for (let i = 0; i < 100; i++) await saveImage(other, `old ${i}`);
    clock.now = 2 * dayMs;
    let saved = 0;
    const save = (): Promise<void> => storeTimeout.run(1000, () => saveImage(other, `new ${saved++}`));
    await using store = await openSqlStore(beforeWrites(await open(), save), { now });
    const { images, layers } = await store.collectGarbage(terms);
    assert.deepEqual([images, layers], [100, 100]);
    assert.ok(saved >= 7, `${saved} images were saved meanwhile`);
    const { rows } = await store.statistics();
    assert.deepEqual([rows['image'], rows['layer']], [saved, saved]);
  });

  test(`${name}: saves an image again that was deleted when its last use was to be renewed`, async (t) => {
    const open = await engine(t);
    const clock = { now: 0 };
    const now = (): number => clock.now;
    await using other = await openSqlStore(await open(), { now });
    await saveImage(other, 'old');
    clock.now = 2 * dayMs;
    let writes = 0;
    const collect = async (): Promise<void> => {
      if (++writes === 1) await other.collectGarbage(terms);
    };
    await using store = await openSqlStore(beforeWrites(await open(), collect), { now });
    const number = await store.images.save(image([installed('old')], 'old'));
    assert.equal((await store.images.findByNumber(number)).identity, 'old');
  });
}
