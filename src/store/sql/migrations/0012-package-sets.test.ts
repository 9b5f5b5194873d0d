import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { bareEngines } from '../../../testing/bare-engines.ts';
import { migrateTo } from '../../../testing/migrate-to.ts';
import { feedUpdate, record, stream } from '../../../testing/store-content.ts';
import { addOldImages, assertImageMoved, fillOldImages } from '../../contract/old-images.ts';
import type { Engine } from '../engine.ts';
import { openSqlStore } from '../sql-store.ts';
import { sharePackageSets } from './0012-package-sets.ts';

const images = 450;

/** Returns the engine with a connection that fails at a write. */
function failingAt(engine: Engine, failedWrite: number): Engine {
  let writes = 0;
  return {
    ...engine,
    write: async (work, ...options) => {
      if (++writes === failedWrite) throw new Error('the connection is lost');
      return await engine.write(work, ...options);
    },
  };
}

for (const { name, engine } of bareEngines) {
  test(`${name}: resumes the move of packages to sets where it was interrupted`, async (t) => {
    const open = await engine(t);
    {
      await using before = await open();
      await migrateTo(before, sharePackageSets);
      await fillOldImages(before, images);
    }
    // Each attempt moves some images. The last write replaces the old tables.
    for (let attempt = 0; attempt < 2; attempt++) {
      const failing = failingAt(await open(), 3);
      await assert.rejects(openSqlStore(failing, {}), /the connection is lost/);
    }
    {
      // A server of the earlier version goes on: it adds an image and deletes one that was moved.
      await using old = await open();
      await old.write(async (db) => {
        await addOldImages(db, images + 1, images + 1);
        for (const table of ['image_package', 'image_layer'])
          await sql`delete from ${sql.table(table)} where image_id = 1`.execute(db);
        await sql`delete from image where id = 1`.execute(db);
      });
    }
    await using store = await openSqlStore(await open(), {});
    await assert.rejects(store.images.findByNumber(1), /there is no image 1/);
    for (let image = 2; image <= images + 1; image++) await assertImageMoved(store, image);
    const {
      image,
      image_set: parts,
      package_set: sets,
      set_package: listed,
      package: packages,
    } = (await store.statistics()).rows;
    assert.deepEqual(
      { image, parts, sets, listed, packages },
      { image: 450, parts: 600, sets: 2, listed: 4, packages: 3 },
    );
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const page = await store.images.pageAffected([1], { limit: 1_000 });
    assert.deepEqual(
      page.images.map((entry) => [entry.image, entry.packages.length]),
      Array.from({ length: images }, (_, i) => [i + 2, (i + 2) % 3 === 0 ? 2 : 1]),
    );
  });
}
