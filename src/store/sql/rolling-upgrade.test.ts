import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { openBareEngine } from '../../testing/bare-engines.ts';
import { emptyLayer } from '../../testing/empty-layer.ts';
import { ancestry, feedUpdate, hits, image, installed, record, stream } from '../../testing/store-content.ts';
import { sharedEngines } from '../../testing/store-engines.ts';
import type { Store } from '../store.ts';
import type { Engine } from './engine.ts';
import { migrate, type Program } from './migrate.ts';
import type { Migration, StagedMigration } from './migrations/migration.ts';
import { migrations } from './migrations/migrations.ts';
import { schemaVersion, type Tables } from './schema.ts';

/** A later version of this program, with one more migration. */
function laterProgram(migration: Migration, noticeMs = 1): Program {
  return {
    schema: schemaVersion + 1,
    loadMigrations: async () => [...migrations, migration],
    noticeMs,
    tableLock: { waitMs: 200, pauseMs: 50, totalMs: 60_000 },
  };
}

const tablesOf: Readonly<Record<string, RawBuilder<unknown>>> = {
  'sqlite file': sql`select name from sqlite_schema where type = 'table' and name not like 'sqlite%'`,
  postgresql: sql`select tablename as name from pg_tables
    where schemaname = current_schema() and tablename <> 'clair_schema'`,
};

/** Adds a column to every table and a new table. Each statement of an earlier program must ignore both. */
async function expandEverything(engine: string, db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ name: string }>`${tablesOf[engine]}`.execute(db);
  for (const { name } of rows)
    await sql`alter table ${sql.table(name)} add column of_later_version text`.execute(db);
  await db.schema.createTable('later_table').addColumn('id', 'integer').execute();
}

/** An expansion whose backfill takes four transactions. Calls `onBackfill` in the first. */
function expansion(engine: string, onBackfill: () => void): StagedMigration {
  return {
    expand: (db) => expandEverything(engine, db),
    backfill: async (_, after) => {
      if (after === 0) onBackfill();
      return after < 3 ? after + 1 : undefined;
    },
    contract: async () => undefined,
  };
}

/** Uses each part of a store; returns what differs if a statement did not do its work. */
async function useEverything(store: Store, round: number): Promise<unknown> {
  const openssl = image([installed('openssl')], `image ${round}`);
  const whole = [record('A', { severity: round % 2 === 0 ? 'High' : 'Low' }), record('B')];
  await store.advisories.apply(feedUpdate(), stream(whole));
  const keys = { kind: 'keys', source: 'user', keys: [`K${round}`], expectedVersions: new Map() } as const;
  await store.advisories.apply(feedUpdate(keys), stream([record(`K${round}`)]));
  await store.enrichments.apply(
    feedUpdate({ source: 'nvd', feed: '2026' }),
    stream([{ kind: 'enrichment' as const, id: 'A', description: `round ${round}` }]),
  );
  const found = await hits(store, openssl);
  const number = await store.images.save(openssl);
  await store.layers.save(`layer ${round}`, 'key', emptyLayer);
  const layer = { parent: null, image: number, format: 'Docker', engineVersion: 3 };
  await store.namedLayers.save({ name: `name ${round}`, ...layer });
  await store.ancestries.save(ancestry(`shop ${round}`, number));
  const created = await store.notifications.createFromEvents(9);
  const due = await store.notifications.findDue(99);
  for (const { name } of due) {
    await store.batches.add(name, [{ image: number, packages: [], fix: { state: 'unfixed' } }], 0);
    await store.notifications.markNotified(name, 1000);
  }
  for (const { name } of await store.batches.findDue(9)) await store.batches.close(name);
  const numbers = await store.vulnerabilities.findNumbersById('A');
  const affected = await store.images.pageAffected(numbers, { limit: 99 });
  await store.collectGarbage({ keepHistoryMs: 0, keepEventsMs: 0, keepLayersUnusedMs: 60_000 });
  return {
    found: found.length - round,
    created: created > 0,
    due: due.length > 0,
    affected: affected.images.length - round,
    read: (await store.images.findByNumber(number)).packages.length,
    chain: (await store.namedLayers.findChain(`name ${round}`)).length,
    shop: (await store.ancestries.find(`shop ${round}`))?.hashes.length,
    layer: (await store.layers.find(`layer ${round}`, 'key')) !== undefined,
    rated: (await store.enrichments.findByIds(['A'])).get('A')?.length,
    locked: (await store.locks.acquire(`lock ${round}`, 'one', 1000)) !== undefined,
  };
}

const isIncompatible = (error: unknown): boolean =>
  error instanceof ClairError &&
  error.code === 'store-incompatible' &&
  error.message.includes(`its tables need schema ${schemaVersion + 1}; this version has ${schemaVersion}`);

for (const engine of sharedEngines) {
  test(`${engine.name}: goes on with the statements of this version when a later one expands every table`, async (t) => {
    const place = await engine.createEmptyLocation(t);
    await using store = await engine.open(place);
    const first = await useEverything(store, 0);
    const during: Promise<unknown>[] = [];
    await using later = await openBareEngine(engine.name, place);
    const change = expansion(engine.name, () => {
      during.push(store.images.save(image([], 'during the backfill')), hits(store, image([], 'another')));
    });
    await migrate(later, laterProgram({ minimumSchema: schemaVersion, change }));
    await Promise.all(during);
    assert.equal(during.length, 2);
    assert.equal(await later.storedSchemaVersion(later.db), schemaVersion + 1);
    for (let round = 1; round < 4; round++) assert.deepEqual(await useEverything(store, round), first);
    await store.checkSchema();
    await using started = await engine.open(place);
    assert.deepEqual(await useEverything(started, 4), first);
  });

  test(`${engine.name}: stops before a later version removes a column that it reads`, async (t) => {
    const place = await engine.createEmptyLocation(t);
    await using store = await engine.open(place);
    const number = await store.images.save(image([installed('openssl')]));
    const now = (): number => performance.now();
    const uptime = process.uptime.bind(process);
    let aheadMs = 0;
    t.mock.method(process, 'uptime', () => uptime() + aheadMs / 1000);
    let contractedAt = 0;
    const change: StagedMigration = {
      expand: async () => undefined,
      backfill: async () => undefined,
      contract: async (db) => {
        contractedAt = now();
        // The tables are still unchanged, so only the check can refuse.
        await assert.rejects(store.checkSchema(), isIncompatible);
        aheadMs = limits.schemaCheckMs;
        await assert.rejects(store.images.findByNumber(number), isIncompatible);
        aheadMs = 0;
        await sql`alter table image drop column package_order`.execute(db);
      },
    };
    await using later = await openBareEngine(engine.name, place);
    const noticeMs = 400;
    const startedAt = now();
    await migrate(later, laterProgram(change, noticeMs));
    assert.ok(contractedAt - startedAt >= noticeMs, 'other servers had no time to notice');
    // Without a check, a query fails because its column is missing.
    for (const use of [
      () => store.images.findByNumber(number),
      () => store.images.findMatches(number),
      () => store.images.save(image([], 'another')),
    ])
      await assert.rejects(use, isIncompatible, String(use));
    await assert.rejects(engine.open(place), isIncompatible);
  });
}

/** A load of a feed: a session whose transaction has read the table of feeds, and which stays open until it is ended. */
async function startLoad(engine: Engine): Promise<{ end(): Promise<void> }> {
  const reading = Promise.withResolvers<undefined>();
  const ending = Promise.withResolvers<undefined>();
  const load = engine.session(async ({ db }) => {
    await db.selectFrom('feed').selectAll().execute();
    reading.resolve(undefined);
    await ending.promise;
  });
  await Promise.race([reading.promise, load]);
  return {
    end: async () => {
      ending.resolve(undefined);
      await load;
    },
  };
}

/** Waits until a statement waits for a table that another transaction has locked. */
async function untilTableWaits({ db }: Engine): Promise<void> {
  for (let waiting = 0; waiting === 0; ) {
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_locks where relation = 'feed'::regclass and not granted
    `.execute(db);
    waiting = rows[0]?.waiting ?? 0;
  }
}

const addColumn = {
  minimumSchema: schemaVersion,
  change: async (db: Kysely<Tables>) => {
    await sql`alter table feed add column of_later_version text`.execute(db);
  },
};

test('lets readers go on while a migration waits for a table that a load of a feed reads', async (t) => {
  const [engine] = sharedEngines.filter(({ name }) => name === 'postgresql');
  const place = (await engine?.createEmptyLocation(t)) ?? assert.fail();
  await using store = await engine?.open(place);
  assert.ok(store);
  await using loading = await openBareEngine('postgresql', place);
  await using later = await openBareEngine('postgresql', place);
  const load = await startLoad(loading);
  let isMigrated = false;
  const migrating = migrate(later, laterProgram(addColumn)).then(() => {
    isMigrated = true;
  });
  for (let round = 0; round < 3; round++) {
    await untilTableWaits(loading);
    await store.advisories.findFeedStates();
    assert.equal(isMigrated, false);
  }
  await load.end();
  await migrating;
  assert.equal(await later.storedSchemaVersion(later.db), schemaVersion + 1);
});

test('gives up a migration when a table stays locked, and says so', async (t) => {
  const [engine] = sharedEngines.filter(({ name }) => name === 'postgresql');
  const place = (await engine?.createEmptyLocation(t)) ?? assert.fail();
  await using store = await engine?.open(place);
  assert.ok(store);
  await using later = await openBareEngine('postgresql', place);
  const load = await startLoad(later);
  const impatient = {
    ...laterProgram(addColumn),
    tableLock: { waitMs: 20, pauseMs: 1, totalMs: 0 },
  };
  await assert.rejects(migrate(later, impatient), {
    code: 'store-unavailable',
    message: /another process keeps one of them locked/,
  });
  await load.end();
  await migrate(later, impatient);
});
