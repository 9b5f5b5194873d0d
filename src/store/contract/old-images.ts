import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Engine } from '../sql/engine.ts';
import type { Store } from '../store.ts';

const names = ['openssl', 'bash', 'zlib'];
/** Number of the package `openssl` at the path that only images of an application have. */
const elsewhere = 4;

/**
 * Fills the tables of the schema before package sets, which have a row for each package of an image. Every third image has a package at
 * another path and in another layer.
 */
export async function fillOldImages(engine: Engine, count: number): Promise<void> {
  await engine.write(async (db) => {
    await sql`insert into namespace (name, version_scheme) values ('debian:12', 'dpkg')`.execute(db);
    for (const [i, name] of [...names, 'openssl'].entries())
      await sql`insert into package (identity, namespace_id, lookup_name, lookup_version, key, type, name, version, purl, path, found_by)
        values (${`package ${i}`}, 1, ${name}, '3', ${Uint8Array.of(3)}, 'deb', ${name}, '3', ${`pkg:deb/debian/${name}@3`},
          ${i + 1 === elsewhere ? 'opt/app' : 'var/lib/dpkg/status'}, 'dpkg')`.execute(db);
    await addOldImages(db, 1, count);
  });
}

/** Adds images with these numbers. */
export async function addOldImages(db: Engine['db'], first: number, last: number): Promise<void> {
  const layers = JSON.stringify(['sha256:base', 'sha256:app']);
  await sql`insert into image (identity, package_layers)
    with recursive numbers (i) as (select ${sql.lit(first)} union all select i + 1 from numbers where i < ${sql.lit(last)})
    select 'image ' || i, ${sql.lit(layers)} from numbers order by i`.execute(db);
  await sql`insert into image_layer (image_id, position, layer)
    select id, 0, 'one' from image where id >= ${first}`.execute(db);
  for (const [position, number] of [1, elsewhere, 2, 3].entries())
    await sql`insert into image_package (image_id, position, package_id, layer)
      select id, ${sql.lit(position)}, ${sql.lit(number)}, ${sql.lit(number === elsewhere ? 1 : 0)} from image
      where id >= ${first} and (id % 3 = 0 or ${sql.lit(number)} <> ${sql.lit(elsewhere)})`.execute(db);
}

/** Asserts that a store has all packages of an image, in their order. */
export async function assertImageMoved(store: Store, image: number): Promise<void> {
  const { packages } = await store.images.findByNumber(image);
  const expected = names.map((name) => [name, 'var/lib/dpkg/status', 'sha256:base']);
  if (image % 3 === 0) expected.splice(1, 0, ['openssl', 'opt/app', 'sha256:app']);
  const found = packages.map(({ name, location, lookup }) => {
    assert.deepEqual(lookup?.namespace, { name: 'debian:12', versionScheme: 'dpkg' });
    return [name, location.path, location.layer];
  });
  assert.deepEqual(found, expected);
}
