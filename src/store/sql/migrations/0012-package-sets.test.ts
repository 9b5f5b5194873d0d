import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { bareEngines } from '../../../testing/bare-engines.ts';
import { migrateTo } from '../../../testing/migrate-to.ts';
import { bookworm, feedUpdate, record, stream } from '../../../testing/store-content.ts';
import type { Store } from '../../store.ts';
import type { Engine } from '../engine.ts';
import { openSqlStore } from '../sql-store.ts';
import { sharePackageSets } from './0012-package-sets.ts';
import { migrations } from './migrations.ts';

const images = 450;
const names = ['openssl', 'bash', 'zlib'];
/** Number of the package `openssl` at the path that only images of an application have. */
const elsewhere = 4;

/** Fills a database of the schema before the migration: every third image has a package at another path and in another layer. */
async function fill(engine: Engine): Promise<void> {
  await migrateTo(engine, sharePackageSets);
  await engine.write(async (db) => {
    await sql`insert into namespace (name, version_scheme) values ('debian:12', 'dpkg')`.execute(db);
    for (const [i, name] of [...names, 'openssl'].entries())
      await sql`insert into package (identity, namespace_id, lookup_name, lookup_version, key, type, name, version, purl, path, found_by)
        values (${`package ${i}`}, 1, ${name}, '3', ${Uint8Array.of(3)}, 'deb', ${name}, '3', ${`pkg:deb/debian/${name}@3`},
          ${i + 1 === elsewhere ? 'opt/app' : 'var/lib/dpkg/status'}, 'dpkg')`.execute(db);
    for (let image = 1; image <= images; image++) await addImage(db, image);
  });
}

async function addImage(db: Engine['db'], image: number): Promise<void> {
  const layers = JSON.stringify(['sha256:base', 'sha256:app']);
  await sql`insert into image (identity, package_layers) values (${`image ${image}`}, ${layers})`.execute(db);
  await sql`insert into image_layer (image_id, position, layer) values (${image}, 0, 'one')`.execute(db);
  const numbers = image % 3 === 0 ? [1, elsewhere, 2, 3] : [1, 2, 3];
  for (const [position, number] of numbers.entries())
    await sql`insert into image_package (image_id, position, package_id, layer)
      values (${image}, ${position}, ${number}, ${number === elsewhere ? 1 : 0})`.execute(db);
}

async function assertMoved(store: Store, image: number): Promise<void> {
  const { packages } = await store.images.findByNumber(image);
  const expected = names.map((name) => [name, 'var/lib/dpkg/status', 'sha256:base']);
  if (image % 3 === 0) expected.splice(1, 0, ['openssl', 'opt/app', 'sha256:app']);
  assert.deepEqual(
    packages.map(({ name, location, lookup }) => {
      assert.deepEqual(lookup?.namespace, bookworm);
      return [name, location.path, location.layer];
    }),
    expected,
  );
}

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
      await fill(before);
    }
    // Each attempt moves some images. The last write replaces the old tables.
    for (let attempt = 0; attempt < 2; attempt++) {
      const failing = failingAt(await open(), migrations.indexOf(sharePackageSets) + 3);
      await assert.rejects(openSqlStore(failing, {}), /the connection is lost/);
    }
    {
      // A server of the earlier version goes on: it adds an image and deletes one that was moved.
      await using old = await open();
      await old.write(async (db) => {
        await addImage(db, images + 1);
        for (const table of ['image_package', 'image_layer'])
          await sql`delete from ${sql.table(table)} where image_id = 1`.execute(db);
        await sql`delete from image where id = 1`.execute(db);
      });
    }
    await using store = await openSqlStore(await open(), {});
    await assert.rejects(store.images.findByNumber(1), /there is no image 1/);
    for (let image = 2; image <= images + 1; image++) await assertMoved(store, image);
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
