import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Digest } from '../../../model/digest.ts';
import { bareEngines } from '../../../testing/bare-engines.ts';
import { migrateTo } from '../../../testing/migrate-to.ts';
import {
  ancestry,
  bookworm,
  feedUpdate,
  hits,
  image,
  installed,
  record,
  stream,
  versionKey,
} from '../../../testing/store-content.ts';
import type { ImageIndex, ImagePackage } from '../../image-store.ts';
import type { Engine } from '../engine.ts';
import { schemaVersion } from '../schema.ts';
import { openSqlStore } from '../sql-store.ts';
import { createTables } from './0001-tables.ts';
import { addAncestries } from './0005-ancestries.ts';
import { sharePackages } from './0006-packages.ts';
import { numberIndependently } from './0010-independent-numbers.ts';

const dayMs = 24 * 3_600_000;
const loaded = Date.parse('2026-01-02T00:00:00Z');
const openssl = image([installed('openssl')], 'image');

/** Fills a database as the first release did: A is current; B was replaced a day later by a form without a fix. */
async function fillFirstSchema(engine: Engine): Promise<void> {
  await engine.write(async (db) => {
    await createTables(db, engine.types);
    await engine.adaptTables(db);
    await engine.setSchemaVersion(db, 1);
    await db.insertInto('namespace').values({ name: 'debian:12', version_scheme: 'dpkg' }).execute();
    const feed = {
      source: 'debian',
      name: 'tracker',
      source_version: 1,
      origin: 'upstream',
      fingerprint: 'one',
    };
    const times = { fetched_at: loaded, checked_at: loaded + 2 * dayMs, applied_at: loaded + dayMs };
    await db
      .insertInto('feed')
      .values({ ...feed, ...times, presence: 'loaded', newest_advisory: null, records: 2, revision: 2 })
      .execute();
    const details = JSON.stringify([['CVE-1', 'CVE-2', 'CVE-1'], null, ['https://example.org/A'], [], null]);
    for (const [id, key, from, to] of [
      [1, 'A', 0, null],
      [2, 'B', 0, 1],
      [3, 'B', 1, null],
    ] as const) {
      await db
        .insertInto('vulnerability')
        .values({
          id,
          feed_id: 1,
          key,
          hash: `of another program ${id}`,
          name: key,
          severity: 'Medium',
          details,
          valid_from: loaded + from * dayMs,
          valid_to: to && loaded + to * dayMs,
        })
        .execute();
      const fixed = { fix_state: 'fixed', range_to: '5', hi: Uint8Array.of(5) } as const;
      const unfixed = { fix_state: 'unfixed', range_to: null, hi: Uint8Array.of(0xff) } as const;
      await db
        .insertInto('affected')
        .values({
          namespace_id: 1,
          package: 'openssl',
          lo: new Uint8Array(),
          vulnerability_id: id,
          position: 0,
          is_keyed: 1,
          range_from_excluded: 0,
          range_to_included: 0,
          ...(id === 3 ? unfixed : fixed),
        })
        .execute();
    }
    await db.updateTable('id_counter').set({ last_id: 3 }).execute();
    await fillImages(engine, db);
  });
}

/** Inserts a row into a table of an earlier schema. */
async function insert(
  db: Engine['db'],
  table: string,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const columns = sql.join(Object.keys(row).map((name) => sql.ref(name)));
  await sql`insert into ${sql.table(table)} (${columns}) values (${sql.join(Object.values(row))})`.execute(
    db,
  );
}

async function fillImages(engine: Engine, db: Engine['db']): Promise<void> {
  const distro = JSON.stringify({ id: 'debian', like: [] });
  await db.insertInto('image').values({ identity: 'image', distro }).execute();
  await insert(db, 'image_package', {
    image_id: 1,
    position: 0,
    namespace_id: 1,
    lookup_name: 'openssl',
    lookup_version: '3',
    key: Uint8Array.of(3),
    type: 'deb',
    name: 'openssl',
    version: '3',
    purl: 'pkg:deb/debian/openssl@3',
    path: 'var/lib/dpkg/status',
    found_by: 'dpkg',
  });
  const layers = engine.bulkWriter(db, 'image_layer', ['image_id', 'position', 'layer']);
  for (const [position, layer] of openssl.layers.entries()) await layers.add([1, position, layer]);
  await layers.finish();
  await db
    .insertInto('layer')
    .values({ identity: 'sha256:one', analyzer_key: 'key', content: layerContent })
    .execute();
}

/** Returns a package with all optional fields, in a layer and from repositories. */
function everything(layer: string, ...repositories: string[]): ImagePackage {
  const item = installed('openssl');
  return {
    ...item,
    arch: 'amd64',
    source: { name: 'source', version: '3' },
    modularity: 'm:1',
    vendor: 'Vendor',
    licence: 'MIT',
    owner: 'owner',
    location: { path: 'usr/lib', layer: layer as Digest },
    lookup: item.lookup && { ...item.lookup, source: { version: '3', key: versionKey(3) } },
    ...(repositories.length > 0 && { repositories }),
  };
}

const withoutNamespace: ImagePackage = { ...installed('openssl'), lookup: null };
const unkeyed: ImagePackage = {
  ...installed('openssl'),
  lookup: { namespace: bookworm, name: 'openssl', version: 'without an order' },
};

/** Returns more packages than fit into one statement. */
function manyPackages(): ImagePackage[] {
  return Array.from({ length: 250 }, (_, i) => installed(`package-${i}`));
}

/** Images with shared and unshared packages and all optional fields. */
const sharing: readonly ImageIndex[] = [
  image([everything('sha256:one', 'a'), unkeyed, withoutNamespace], 'one'),
  image([...manyPackages(), everything('sha256:two', 'b')], 'two'),
  image([unkeyed, everything('sha256:two'), everything('sha256:one', 'a', 'b')], 'three'),
];

const layerContent = JSON.stringify({ verified: true, whiteouts: ['x'], contents: [['a', 'Yg==']] });

/** Creates a database of the last schema with own package rows per image, and fills it with these images. */
async function fillWholeRows(engine: Engine, images: readonly ImageIndex[]): Promise<void> {
  await migrateTo(engine, sharePackages);
  await engine.write(async (db) => {
    await db.insertInto('namespace').values({ name: 'debian:12', version_scheme: 'dpkg' }).execute();
    for (const [i, index] of images.entries()) await fillWholeImage(db, i + 1, index);
  });
}

async function fillWholeImage(
  db: Engine['db'],
  image_id: number,
  { identity, layers, distro, packages }: ImageIndex,
): Promise<void> {
  const listOf = ({ repositories: list }: ImagePackage) => (list === undefined ? [] : [JSON.stringify(list)]);
  const lists = [...new Set(packages.flatMap(listOf))];
  const repositories = lists.length === 0 ? null : `[${lists.join(',')}]`;
  await insert(db, 'image', { identity, distro: JSON.stringify(distro), repositories });
  for (const [position, layer] of layers.entries())
    await insert(db, 'image_layer', { image_id, position, layer });
  for (const [position, item] of packages.entries()) {
    const [list] = listOf(item).map((text) => lists.indexOf(text));
    await insert(db, 'image_package', { image_id, position, ...wholeRow(item), repositories: list ?? null });
  }
}

function wholeRow({ lookup, source, location, foundBy, repositories: _, ...rest }: ImagePackage): object {
  const row = {
    ...rest,
    namespace_id: lookup && 1,
    lookup_name: lookup?.name,
    lookup_version: lookup?.version,
    key: lookup?.key,
    source_name: source?.name,
    source_version: source?.version,
    source_lookup_version: lookup?.source?.version,
    source_key: lookup?.source?.key,
    path: location.path,
    layer: location.layer,
    found_by: foundBy,
  };
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}

for (const { name, engine } of bareEngines) {
  test(`${name}: stores packages of each image once when migrated, and changes nothing else`, async (t) => {
    const open = await engine(t);
    {
      await using before = await open();
      await fillWholeRows(before, sharing);
    }
    await using store = await openSqlStore(await open(), {});
    for (const [i, index] of sharing.entries())
      assert.deepEqual(await store.images.findByNumber(i + 1), index);
    const counted = async () => {
      const { rows } = await store.statistics();
      return [rows['package'], rows['package_set'], rows['set_package']];
    };
    const before = await counted();
    // New images use the same packages and sets.
    for (const index of sharing) await store.images.save({ ...index, identity: `${index.identity} again` });
    assert.deepEqual(await counted(), before);
    assert.equal(before[0], 253);
    await store.images.save(
      image(
        sharing.flatMap(({ packages }) => packages),
        'all',
      ),
    );
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const { images } = await store.images.pageAffected([1], { limit: 99 });
    assert.deepEqual(
      images
        .filter(({ identity }) => !identity.endsWith('again'))
        .map(({ identity, packages: { length } }) => [identity, length]),
      [
        ['one', 1],
        ['three', 1],
        ['all', 2],
        ['one', 1],
        ['two', 1],
        ['three', 2],
        ['all', 4],
      ],
    );
  });

  test(`${name}: migrates a database of the first schema without changing its results`, async (t) => {
    const open = await engine(t);
    {
      await using first = await open();
      await fillFirstSchema(first);
    }
    const now = loaded + 3 * dayMs;
    await using store = await openSqlStore(await open(), { now: () => now });
    assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl B']);
    assert.deepEqual(await store.images.findByNumber(1), openssl);
    assert.deepEqual(await store.layers.find('sha256:one', 'key'), {
      verified: true,
      whiteouts: ['x'],
      contents: [{ path: 'a', content: Uint8Array.of(98) }],
    });

    // Queries that only the new schema supports.
    assert.deepEqual(await store.vulnerabilities.findNumbersById('CVE-2'), [1, 3]);
    const { images } = await store.images.pageAffected([1], { limit: 9 });
    assert.deepEqual(
      images.map(({ identity }) => identity),
      ['image'],
    );
    assert.equal((await store.vulnerabilities.pageByNamespace('debian:12', { limit: 9 })).length, 2);
    const [state] = await store.advisories.findFeedStates({ asOf: new Date(now).toISOString() });
    assert.deepEqual(
      [state?.records, state?.skipped.count, state?.kept, state?.lastFailure],
      [2, 0, [], null],
    );
    await assert.rejects(
      store.advisories.findFeedStates({ asOf: '2026-01-02T12:00:00Z' }),
      /goes back to 2026-01-03/,
    );

    await continueUsing(store);
  });

  test(`${name}: keeps the names of ancestries of a trial version and indexes them again`, async (t) => {
    const open = await engine(t);
    {
      await using before = await open();
      await migrateTo(before, addAncestries);
      await before.write(async (db) => {
        await db.insertInto('image').values({ identity: 'image' }).execute();
        for (const trial of ['shop', 'mail'])
          await sql`insert into ancestry (name, image_id) values (${trial}, 1)`.execute(db);
      });
    }
    await using store = await openSqlStore(await open(), {});
    const mail = { name: 'mail', hashes: [], image: 1, engineVersion: 0, number: 1 };
    assert.deepEqual(await store.ancestries.find('mail'), mail);
    await store.ancestries.save(ancestry('new', 1));
    assert.equal((await store.ancestries.find('new'))?.number, 3);
  });

  test(`${name}: numbers new names above the names that exist before the migration`, async (t) => {
    const open = await engine(t);
    {
      await using before = await open();
      await migrateTo(before, numberIndependently);
      await before.write(async (db) => {
        await db.insertInto('image').values({ identity: 'image' }).execute();
        const version = { image_id: 1, engine_version: 3 };
        await insert(db, 'v1_layer', { ...version, name: 'old', parent: null, format: 'Docker', number: 7 });
        await db.updateTable('id_counter').set({ last_id: 7 }).where('name', '=', 'v1_layer').execute();
        await insert(db, 'ancestry', { ...version, name: 'old', number: 4 });
        await db.updateTable('id_counter').set({ last_id: 6 }).where('name', '=', 'ancestry').execute();
      });
    }
    await using store = await openSqlStore(await open(), {});
    await store.namedLayers.save({ name: 'new', parent: null, image: 1, format: 'Docker', engineVersion: 3 });
    assert.equal((await store.namedLayers.find('new'))?.number, 8);
    await store.ancestries.save(ancestry('new', 1));
    assert.equal((await store.ancestries.find('new'))?.number, 7);
  });

  test(`${name}: creates a new database with the newest schema`, async (t) => {
    const open = await engine(t);
    const first = await open();
    await using store = await openSqlStore(first, {});
    assert.equal(await first.schemaVersion(first.db), schemaVersion);
    assert.deepEqual(await store.advisories.findFeedStates(), []);
  });
}

/** Updates the migrated store: makes events, retains a vanished namespace, and deletes history. */
async function continueUsing(store: Awaited<ReturnType<typeof openSqlStore>>): Promise<void> {
  const later = [
    record('A', { aliases: ['CVE-1', 'CVE-2'], severity: 'High' }),
    record('C', { affected: [] }),
  ];
  const { changed, removed, added } = await store.advisories.apply(feedUpdate(), stream(later));
  assert.deepEqual([changed, removed, added], [1, 1, 1]);
  const events = await store.events.findAfter(0, 9);
  assert.deepEqual(
    events.map(({ key, kind, changed: what }) => [key, kind, ...what]),
    [
      ['A', 'changed', 'severity'],
      ['C', 'new'],
      ['B', 'withdrawn'],
    ],
  );
  assert.equal(await store.notifications.createFromEvents(9), 3);
  await store.advisories.apply(feedUpdate(), stream([record('C', { affected: [] })]));
  assert.deepEqual(await hits(store, openssl), ['openssl A']);
  const layer = { name: 'base', parent: null, image: 1, format: 'Docker', engineVersion: 3 };
  await store.namedLayers.save(layer);
  assert.deepEqual(await store.namedLayers.findChain('base'), [{ ...layer, number: 1 }]);
  const { vulnerabilities } = await store.collectGarbage({
    keepHistoryMs: 0,
    keepEventsMs: 0,
    keepLayersUnusedMs: dayMs,
  });
  assert.equal(vulnerabilities, 1, 'the earlier form of B');
}
