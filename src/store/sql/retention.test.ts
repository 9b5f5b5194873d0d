import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { image, installed } from '../../testing/store-content.ts';
import { sharedEngines, temporaryDirectory, temporarySchema } from '../../testing/store-engines.ts';
import { query } from '../contract/postgres-schemas.ts';
import type { RetentionTerms } from '../maintenance.ts';

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
