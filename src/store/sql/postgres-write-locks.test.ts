import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { temporarySchema } from '../../testing/store-engines.ts';
import { openPostgresEngine } from './dialect/postgres-engine.ts';
import { parsePostgresSource } from './dialect/postgres-source.ts';
import type { Engine } from './engine.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/migrations.ts';
import { openSqlStore } from './sql-store.ts';

/** Opens an engine on an empty schema; `settings` are added to the connection string. */
async function open(context: TestContext, settings: Record<string, string>): Promise<Engine> {
  const url = new URL(await temporarySchema(context));
  for (const [key, value] of Object.entries(settings)) url.searchParams.set(key, value);
  const engine = await openPostgresEngine(parsePostgresSource(url.href), 4);
  context.after(() => engine[Symbol.asyncDispose]());
  return engine;
}

test('takes, renews and releases a lock while a feed is committed', async (t) => {
  // Waiting for a write lock would fail with this timeout.
  const engine = await open(t, { lock_timeout: '2s' });
  const { locks } = await openSqlStore(engine, {});
  await engine.write(async () => {
    assert.equal(await locks.acquire('debian', 'one', 60_000), true);
    assert.equal(await locks.acquire('debian', 'two', 60_000), false);
    assert.equal(await locks.acquire('debian', 'one', 60_000), true);
    await locks.release('debian', 'one');
  }, 'advisories');
});

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
