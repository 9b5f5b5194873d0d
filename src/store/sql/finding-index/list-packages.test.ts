import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporarySchema } from '../../../testing/store-engines.ts';
import { openPostgresEngine } from '../dialect/postgres-engine.ts';
import { parsePostgresSource } from '../dialect/postgres-source.ts';
import { openSqliteEngine } from '../dialect/sqlite-engine.ts';
import type { Engine } from '../engine.ts';
import { migrate } from '../migrate.ts';
import { findVersions, pagePackages } from './list-packages.ts';

/** Adds packages to the sets of counted images: `[namespace, name, version, set]`. */
async function seed({ db }: Engine): Promise<void> {
  const namespaces = ['debian:12', 'npm'];
  for (const [i, name] of namespaces.entries())
    await db
      .insertInto('namespace')
      .values({ id: i + 1, name, version_scheme: 'dpkg' })
      .execute();
  const packages = [
    ['debian:12', 'curl', '1', 1],
    ['debian:12', 'curl', '1', 1],
    ['debian:12', 'curl', '1', 2],
    ['debian:12', 'curl', '2', 2],
    ['npm', 'curl', '1', 3],
    ['npm', 'left', '1', 3],
  ] as const;
  for (const [i, [namespace, name, version, set]] of packages.entries()) {
    const common = { name, version, type: 'deb', purl: `pkg:${i}`, found_by: 'x' } as const;
    const named = { lookup_name: name, lookup_version: version, key: Uint8Array.of(Number(version)) };
    const place = { id: i + 1, identity: `package ${i}`, namespace_id: namespaces.indexOf(namespace) + 1 };
    await db
      .insertInto('package')
      .values({ ...place, ...named, ...common })
      .execute();
    await db
      .insertInto('set_package')
      .values({ set_id: set, position: i, package_id: i + 1 })
      .execute();
  }
  // The first image has two sets with the same version.
  for (const [image, set] of [
    [1, 1],
    [1, 2],
    [2, 2],
    [2, 3],
    [3, 3],
  ] as const)
    await db.insertInto('counted_set').values({ image_id: image, set_id: set }).execute();
  for (const [namespace, name] of [
    [1, 'curl'],
    [2, 'curl'],
    [2, 'left'],
  ] as const)
    await db.insertInto('installed_name').values({ namespace_id: namespace, name, images: 2 }).execute();
}

const engines: readonly (readonly [string, (t: Parameters<typeof temporarySchema>[0]) => Promise<Engine>])[] =
  [
    ['sqlite', () => openSqliteEngine(':memory:')],
    ['postgresql', async (t) => openPostgresEngine(parsePostgresSource(await temporarySchema(t)), 2)],
  ];

for (const [engineName, open] of engines)
  test(`${engineName}: counts an image of a version once, and keeps equal names of namespaces apart`, async (t) => {
    await using engine = await open(t);
    await migrate(engine);
    await seed(engine);
    const found = await findVersions(engine.db, { namespace: 'debian:12', name: 'curl' }, 10);
    assert.deepEqual(found.map(({ version, images }) => `${version} ${images}`).sort(), ['1 2', '2 2']);
    const { packages } = await pagePackages(engine.db, {}, { limit: 10 });
    assert.deepEqual(
      packages.map(({ namespace, name, versions, worst }) => [namespace, name, versions, worst]),
      [
        ['debian:12', 'curl', 2, null],
        ['npm', 'curl', 1, null],
        ['npm', 'left', 1, null],
      ],
    );
  });
