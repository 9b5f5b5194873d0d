import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { emptyLayer } from '../../testing/empty-layer.ts';
import { ancestry, feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import {
  type SharedEngine,
  sharedEngines,
  temporaryDirectory,
  temporarySchema,
} from '../../testing/store-engines.ts';
import { laterSchema, setLaterSchema } from '../contract/later-schema.ts';
import { schemaVersion } from './schema.ts';

/** A change of one record, which is applied without temporary tables. */
const oneRecord = feedUpdate({ kind: 'keys', keys: ['A'], expectedVersions: new Map() });

async function placeOf(engine: SharedEngine, context: TestContext): Promise<string> {
  return engine.name === 'postgresql'
    ? await temporarySchema(context)
    : `${temporaryDirectory(context)}/clair.db`;
}

function isLaterSchema(error: unknown): boolean {
  return (
    error instanceof ClairError &&
    error.code === 'store-incompatible' &&
    error.message.includes(
      `later version of this program (its tables need schema ${laterSchema}; this version has ${schemaVersion})`,
    )
  );
}

for (const engine of sharedEngines) {
  test(`${engine.name}: refuses to write once a later version has migrated the database`, async (t) => {
    const place = await placeOf(engine, t);
    await using store = await engine.open(place);
    const number = await store.images.save(image([installed('openssl')]));
    await store.checkSchema();
    await setLaterSchema(place);
    for (const write of [
      () => store.checkSchema(),
      () => store.images.save(image([], 'another')),
      () => store.layers.save('layer', 'key', emptyLayer),
      () => store.ancestries.save(ancestry('shop', number)),
      () => store.locks.acquire('debian', 'one', 1000),
      () => store.advisories.apply(feedUpdate(), stream([record('A')])),
      () => store.advisories.apply(oneRecord, stream([record('A')])),
    ])
      await assert.rejects(write, isLaterSchema, String(write));
    const { rows } = await store.statistics();
    const { image: images, layer, ancestry: ancestries, vulnerability } = rows;
    assert.deepEqual([images, layer, ancestries, vulnerability], [1, 0, 0, 0]);
    await assert.rejects(engine.open(place), isLaterSchema);
  });

  test(`${engine.name}: does not commit a feed that was read while a later version migrated`, async (t) => {
    const place = await placeOf(engine, t);
    await using store = await engine.open(place);
    async function* records() {
      yield record('A');
      await setLaterSchema(place);
      yield record('B');
    }
    await assert.rejects(store.advisories.apply(feedUpdate(), records()), isLaterSchema);
    assert.deepEqual((await store.statistics()).rows['vulnerability'], 0);
  });
}
