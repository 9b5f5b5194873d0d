import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { type PgbouncerSettings, pgbouncerBefore, pgbouncerSkip } from '../../testing/pgbouncer.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  hits,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { temporarySchema } from '../../testing/store-engines.ts';
import { proxyBefore } from '../../testing/tcp-proxy.ts';
import { query } from '../contract/postgres-schemas.ts';
import type { Store } from '../store.ts';
import { storeTimeout } from '../store-timeout.ts';
import { openPostgresEngine } from './dialect/postgres-engine.ts';
import { parsePostgresSource } from './dialect/postgres-source.ts';
import { openPostgresStore } from './postgres-store.ts';
import type { Tables } from './schema.ts';

const skip = pgbouncerSkip;

async function open(context: TestContext, url: string): Promise<Store> {
  const store = await openPostgresStore(url, { connectionsMax: 6 });
  context.after(() => store[Symbol.asyncDispose]());
  return store;
}

/** Returns the connection string of an empty schema, directly and through PgBouncer. */
async function schema(
  context: TestContext,
  settings: PgbouncerSettings,
): Promise<Record<'direct' | 'pooled', string>> {
  const direct = await temporarySchema(context);
  return { direct, pooled: await pgbouncerBefore(context, direct, settings) };
}

const openssl = image([installed('openssl')]);

for (const mode of ['transaction', 'session'] as const)
  test(`stores and matches everything through PgBouncer in ${mode} mode`, { skip }, async (t) => {
    const { direct, pooled } = await schema(t, { mode, poolSize: mode === 'session' ? 12 : 3 });
    const [store, other] = [await open(t, pooled), await open(t, pooled)];
    const update = feedUpdate();
    await store.advisories.apply(update, stream([record('A'), record('B')]));
    await other.advisories.apply(update, stream([record('A'), record('C')]));
    assert.deepEqual(await hits(other, openssl), ['openssl A', 'openssl C']);
    const number = await store.images.save(openssl);
    await Promise.all(
      [store, other, store, other].map(async ({ namedLayers, ancestries }, i) => {
        const layer = { parent: null, image: number, format: 'Docker', engineVersion: 3 };
        await namedLayers.save({ ...layer, name: `layer ${i}` });
        await ancestries.save(ancestry(`image ${i}`, number));
      }),
    );
    const through = await open(t, direct);
    assert.deepEqual(await hits(through, openssl), ['openssl A', 'openssl C']);
    for (const i of [0, 1, 2, 3]) {
      assert.equal((await through.namedLayers.find(`layer ${i}`))?.image, number);
      assert.equal((await through.ancestries.find(`image ${i}`))?.image, number);
    }
  });

test('applies the settings of the connection string to every statement behind PgBouncer', {
  skip,
}, async (t) => {
  const { pooled } = await schema(t, { mode: 'transaction', poolSize: 2 });
  const source = new URL(pooled);
  source.searchParams.set('statement_timeout', '61s');
  source.searchParams.set('options', '-c work_mem=5MB');
  await using engine = await openPostgresEngine(parsePostgresSource(source.href), 4);
  const show = async (db: Kysely<Tables>, value = 1): Promise<unknown> => {
    const { rows } =
      await sql`select current_schema() as schema, current_setting('statement_timeout') as timeout,
      current_setting('work_mem') as memory, current_setting('random_page_cost') as cost, ${value}::int as value`.execute(
        db,
      );
    return rows;
  };
  const expected = {
    schema: source.searchParams.get('search_path'),
    timeout: '61s',
    memory: '5MB',
    cost: '1.1',
  };
  // More at a time than the pooler has connections.
  const shown = await Promise.all([1, 2, 3, 4].map((value) => show(engine.db, value)));
  assert.deepEqual(
    shown,
    [1, 2, 3, 4].map((value) => [{ ...expected, value }]),
  );
  assert.deepEqual(await engine.write((db) => show(db)), [{ ...expected, value: 1 }]);
  assert.deepEqual(await engine.session(({ db }) => show(db)), [
    { ...expected, timeout: '0', memory: '64MB', value: 1 },
  ]);
  // Nothing of it stays in the processes that serve others next.
  const plain = new URL(pooled);
  plain.search = '?sslmode=disable';
  for (let i = 0; i < 4; i++)
    assert.deepEqual(
      await query(plain.href, "select current_setting('work_mem') as memory, current_schema()"),
      [{ memory: '4MB', current_schema: 'public' }],
    );
});

/** Feeds of several hundred records each, so that loads overlap. */
const feeds = Array.from({ length: 6 }, (_, feed) => ({
  update: feedUpdate({ feed: `feed ${feed}`, fingerprint: `${feed}` }),
  records: Array.from({ length: 700 + 50 * feed }, (_, i) =>
    record(`CVE-${feed}-${i}`, {
      aliases: [`ALIAS-${feed}-${i}`],
      affected: [affectedRow(`package ${i % 97}`), affectedRow(`other ${i}`)],
    }),
  ),
}));

/** Counts and sums what each feed has stored. */
const content = `select feed.name, count(distinct vulnerability.id)::int as records, count(affected.*)::int as ranges,
    md5(string_agg(concat_ws('|', vulnerability.key, vulnerability.hash, affected.package, affected.position, encode(affected.hi, 'hex')), ','
      order by vulnerability.key, affected.position)) as sum,
    (select count(*)::int from alias join vulnerability v on v.id = alias.vulnerability_id where v.feed_id = feed.id) as aliases,
    max(feed.records)::int as said
  from feed join vulnerability on vulnerability.feed_id = feed.id
  join affected on affected.vulnerability_id = vulnerability.id
  where vulnerability.valid_to is null and feed.presence = 'loaded'
  group by feed.id, feed.name order by feed.name`;

test('loads the whole of each feed while two updates run through PgBouncer', { skip }, async (t) => {
  const expectedUrl = await temporarySchema(t);
  const direct = await open(t, expectedUrl);
  for (const { update, records } of feeds) await direct.advisories.apply(update, stream(records));
  const expected = await query(expectedUrl, content);
  assert.deepEqual(
    expected.map(({ records, said }) => [records, said]),
    feeds.map(({ records }) => [records.length, records.length]),
  );

  const { direct: url, pooled } = await schema(t, { mode: 'transaction', poolSize: 4 });
  const stores = [await open(t, pooled), await open(t, pooled)];
  // Each loads half of the feeds, several at a time, as two `clair db update` do that divide the feeds by locks.
  await Promise.all(
    feeds.map(async ({ update, records }, i) => stores[i % 2]?.advisories.apply(update, stream(records))),
  );
  assert.deepEqual(await query(url, content), expected);
});

test('reports that a retry may succeed if all connections of PgBouncer are in use', { skip }, async (t) => {
  const { pooled } = await schema(t, { mode: 'transaction', poolSize: 2, lines: ['query_wait_timeout = 1'] });
  await using engine = await openPostgresEngine(parsePostgresSource(pooled), 4);
  const end = Promise.withResolvers<undefined>();
  const held = [1, 2].map(() =>
    engine.session(async () => {
      await end.promise;
    }),
  );
  try {
    // The sessions begin one after the other.
    for (let i = 0; i < 20; i++)
      await Promise.race([
        sql`select 1`.execute(engine.db),
        new Promise((done) => setTimeout(done, 100)),
      ]).catch(() => undefined);
    await assert.rejects(
      storeTimeout.run(500, () => engine.write(async (db) => await sql`select 1`.execute(db))),
      { code: 'store-unavailable', message: /the pooler has no connection to the server left/ },
    );
  } finally {
    end.resolve(undefined);
    await Promise.all(held);
  }
});

test('reports one outage while the server behind PgBouncer is away', { skip }, async (t) => {
  const { proxy, url } = await proxyBefore(t, await temporarySchema(t));
  const lines = ['server_login_retry = 1', 'query_wait_timeout = 2'];
  const pooled = await pgbouncerBefore(t, url, { mode: 'transaction', poolSize: 2, lines });
  const events: string[] = [];
  await using store = await openPostgresStore(pooled, {
    connectionsMax: 3,
    onDown: () => events.push('down'),
    onUp: () => events.push('up'),
  });
  await store.keyValues.set('key', 'value');
  await proxy.refuse();
  for (let i = 0; i < 5; i++)
    await assert.rejects(
      storeTimeout.run(500, () => store.keyValues.get('key')),
      { code: 'store-unavailable' },
    );
  assert.deepEqual(events, ['down']);
  await proxy.open();
  assert.equal(await store.keyValues.get('key'), 'value');
  assert.deepEqual(events, ['down', 'up']);
});
