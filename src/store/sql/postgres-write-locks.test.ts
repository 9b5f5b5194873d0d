import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { ancestry, image, installed } from '../../testing/store-content.ts';
import { temporarySchema } from '../../testing/store-engines.ts';
import { proxyBefore, type TcpProxy } from '../../testing/tcp-proxy.ts';
import { openPostgresEngine } from './dialect/postgres-engine.ts';
import { parsePostgresSource } from './dialect/postgres-source.ts';
import type { Engine } from './engine.ts';
import { assertLeaseHeld } from './leases.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/migrations.ts';
import { openPostgresStore } from './postgres-store.ts';
import { openSqlStore } from './sql-store.ts';

/** Opens an engine on an empty schema; `settings` are added to the connection string. */
async function open(context: TestContext, settings: Record<string, string>): Promise<Engine> {
  const url = new URL(await temporarySchema(context));
  for (const [key, value] of Object.entries(settings)) url.searchParams.set(key, value);
  const engine = await openPostgresEngine(parsePostgresSource(url.href), 4);
  context.after(() => engine[Symbol.asyncDispose]());
  return engine;
}

test('saves an image of known sets in three round trips', async (t) => {
  const { proxy, url } = await proxyBefore(t, await temporarySchema(t));
  await using store = await openPostgresStore(url, { connectionsMax: 1 });
  const packages = [installed('openssl')];
  await store.images.save(image(packages, 'one'));
  const queries = countQueries(proxy);
  // A lookup; the lock, the check of the schema and all rows; the commit.
  await store.images.save(image(packages, 'two'));
  assert.equal(queries(), 3);
});

/** Returns a function that returns how many queries a server has completed since, on its only connection. */
function countQueries(proxy: TcpProxy): () => number {
  let [rest, count] = [Buffer.alloc(0), 0];
  proxy.onReply = (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    // postgresql.org/docs/current/protocol-message-formats.html: a byte for the type, and four for the length of the rest.
    for (
      ;
      rest.length > 4 && rest.length > rest.readUInt32BE(1);
      rest = rest.subarray(1 + rest.readUInt32BE(1))
    )
      if (rest.toString('latin1', 0, 1) === 'Z') count++;
  };
  return () => count;
}

test('takes, renews and releases a lock while a feed is committed', async (t) => {
  // Waiting for a write lock would fail with this timeout.
  const engine = await open(t, { lock_timeout: '2s' });
  const { locks } = await openSqlStore(engine, {});
  await engine.write(async () => {
    const lease = (await locks.acquire('debian', 'one', 60_000)) ?? assert.fail();
    assert.equal(await locks.acquire('debian', 'two', 60_000), undefined);
    assert.equal(await locks.renew(lease, 60_000), true);
    await locks.release(lease);
  }, 'advisories');
});

test('lets no process take over a lock between the check of the lease and the commit', async (t) => {
  const engine = await open(t, {});
  const clock = { now: 1_000 };
  const { locks } = await openSqlStore(engine, { now: () => clock.now });
  const lease = (await locks.acquire('debian', 'one', 1_000)) ?? assert.fail();
  clock.now = 2_000;
  const order: string[] = [];
  let taking: Promise<unknown> = Promise.resolve();
  await engine.write(async (db) => {
    await assertLeaseHeld(db, lease);
    taking = locks.acquire('debian', 'two', 1_000).then((taken) => order.push(`two has ${taken?.number}`));
    await untilWaiting(engine);
    order.push('one commits');
  }, 'own rows');
  await taking;
  assert.deepEqual(order, ['one commits', 'two has 2000']);
});

/** Waits until a transaction waits for a row that another one has locked. */
async function untilWaiting({ db }: Engine): Promise<void> {
  for (let waiting = 0; waiting === 0; ) {
    const { rows } = await sql<{ waiting: number }>`
      select count(*) as waiting from pg_locks where locktype = 'transactionid' and not granted
    `.execute(db);
    waiting = rows[0]?.waiting ?? 0;
  }
}

test('lets migrations take longer than statement_timeout', async (t) => {
  const engine = await open(t, { statement_timeout: '60s' });
  const bounds: string[] = [];
  const observed: Engine = {
    ...engine,
    setSchemaVersion: async (db, version) => {
      const { rows } = await sql<{ statement_timeout: string }>`show statement_timeout`.execute(db);
      bounds.push(...rows.map(({ statement_timeout: bound }) => bound));
      await engine.setSchemaVersion(db, version);
    },
  };
  await migrate(observed);
  assert.deepEqual(
    bounds,
    migrations.map(() => '0'),
  );
});

/** Returns the engine with writes that wait for `end` before they commit, and a promise that `count` of them have reached that point. */
function heldBeforeCommit(
  engine: Engine,
  end: Promise<void>,
  count = 1,
): { held: Engine; reached: Promise<void> } {
  const { promise: reached, resolve } = Promise.withResolvers<undefined>();
  let missing = count;
  const held: Engine = {
    ...engine,
    write: (work, scope, durability) =>
      engine.write(
        async (db) => {
          const result = await work(db);
          if (--missing === 0) resolve(undefined);
          await end;
          return result;
        },
        scope,
        durability,
      ),
  };
  return { held, reached };
}

test('saves a new name while another new name is not yet committed', async (t) => {
  const engine = await open(t, { lock_timeout: '2s' });
  const { images, namedLayers, ancestries } = await openSqlStore(engine, {});
  const number = await images.save(image([installed('openssl')]));
  const layer = (name: string) => ({ name, parent: null, image: number, format: 'Docker', engineVersion: 3 });
  // The versions of the image exist from now on, so later names do not insert the same rows.
  await namedLayers.save(layer('first'));
  await ancestries.save(ancestry('first', number));
  const end = Promise.withResolvers<undefined>();
  const { held, reached } = heldBeforeCommit(engine, end.promise, 2);
  const slow = await openSqlStore(held, {});
  const saving = Promise.all([
    slow.namedLayers.save(layer('slow')),
    slow.ancestries.save(ancestry('slow', number)),
  ]);
  try {
    await reached;
    await namedLayers.save(layer('quick'));
    await ancestries.save(ancestry('quick', number));
  } finally {
    end.resolve(undefined);
    await saving;
  }
  const [slowLayer, quickLayer] = [await namedLayers.find('slow'), await namedLayers.find('quick')];
  assert.deepEqual([slowLayer?.number, quickLayer?.number], [2, 3]);
  const [slowOne, quickOne] = [await ancestries.find('slow'), await ancestries.find('quick')];
  assert.deepEqual([slowOne?.number, quickOne?.number], [2, 3]);
});

test('reports that a retry may succeed if statement_timeout ends the wait for another writer', async (t) => {
  const engine = await open(t, { statement_timeout: '200ms' });
  const end = Promise.withResolvers<undefined>();
  const { held, reached } = heldBeforeCommit(engine, end.promise);
  const writing = held.write(async () => undefined);
  try {
    await reached;
    await assert.rejects(
      engine.write(async () => undefined),
      { code: 'store-unavailable', message: /canceled the statement at a time limit: try again/ },
    );
  } finally {
    end.resolve(undefined);
    await writing;
  }
});
