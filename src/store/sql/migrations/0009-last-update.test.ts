import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { bareEngines } from '../../../testing/bare-engines.ts';
import { feedUpdate, record, stream } from '../../../testing/store-content.ts';
import type { Store } from '../../store.ts';
import type { Engine } from '../engine.ts';
import { openSqlStore } from '../sql-store.ts';

/** Runs the query of Harbor's adapter for Clair 2. */
async function lastUpdate({ db }: Engine): Promise<readonly unknown[]> {
  return (await sql`SELECT value FROM keyvalue WHERE key = 'updater/last'`.execute(db)).rows;
}

async function load(store: Store, source: string, fetchedAt: string): Promise<void> {
  await store.advisories.apply(feedUpdate({ source, fetchedAt }), stream([record('A')]));
}

for (const { name, engine } of bareEngines)
  test(`${name}: writes the time of the last update to keyvalue in the form of Clair 2`, async (t) => {
    const open = await engine(t);
    await using store = await openSqlStore(await open(), {});
    await using bare = await open();
    assert.deepEqual(await lastUpdate(bare), []);
    await load(store, 'api', '2025-01-01T00:00:00Z');
    assert.deepEqual(await lastUpdate(bare), []);
    await load(store, 'debian', '2026-01-02T03:04:05.678Z');
    await load(store, 'alpine', '2026-01-02T03:04:04Z');
    assert.deepEqual(await lastUpdate(bare), [{ value: '1767323044' }]);
    await load(store, 'alpine', '2026-01-02T05:00:00Z');
    assert.deepEqual(await lastUpdate(bare), [{ value: '1767323045' }]);
  });
