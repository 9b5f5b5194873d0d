import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { bareEngines } from '../../../testing/bare-engines.ts';
import { migrateTo } from '../../../testing/migrate-to.ts';
import { affectedRow, feedUpdate, record, stream } from '../../../testing/store-content.ts';
import type { Engine } from '../engine.ts';
import { openSqlStore } from '../sql-store.ts';
import { addMatchKeys } from './0013-match-keys.ts';

const loaded = Date.parse('2026-01-02T00:00:00Z');

for (const { name, engine } of bareEngines) {
  test(`${name}: finds the rows of source packages that were stored before the column`, async (t) => {
    const open = await engine(t);
    {
      await using before = await open();
      await migrateTo(before, addMatchKeys);
      await before.write(async (db) => {
        await fillConditions(db);
      });
    }
    await using store = await openSqlStore(await open(), {});
    await using migrated = await open();
    const rows = await migrated.db
      .selectFrom('affected')
      .select(['conditions', 'matches_source'])
      .orderBy('position')
      .execute();
    assert.deepEqual(
      rows.map((row) => row.matches_source),
      [1, 0, 1, 0],
    );
    const arch = (...names: string[]) =>
      record('B', { affected: [affectedRow('x', { only: { arch: names } })] });
    await store.advisories.apply(feedUpdate({ feed: 'new' }), stream([arch('src')]));
    await store.advisories.apply(feedUpdate({ feed: 'other' }), stream([arch('x86_64')]));
    const added = await migrated.db
      .selectFrom('affected')
      .select('matches_source')
      .where('package', '=', 'x')
      .orderBy('vulnerability_id')
      .execute();
    assert.deepEqual(
      added.map((row) => row.matches_source),
      [1, 0],
    );
  });
}

/** Inserts rows with these conditions, in their stored form. */
async function fillConditions(db: Engine['db']): Promise<void> {
  const feed = { source: 'rhel', name: 'all', source_version: 1, origin: 'upstream', fingerprint: 'one' };
  const times = { fetched_at: loaded, checked_at: loaded, applied_at: loaded };
  await insert(db, 'namespace', { name: 'rhel:9', version_scheme: 'rpm' });
  await insert(db, 'feed', { ...feed, ...times, presence: 'loaded', records: 1, revision: 1 });
  const record = { id: 1, feed_id: 1, key: 'A', hash: 'a', name: 'A', severity: 'Low', details: '[]' };
  await insert(db, 'vulnerability', { ...record, valid_from: loaded });
  await db.updateTable('id_counter').set({ last_id: 1 }).where('name', '=', 'vulnerability').execute();
  const range = { range_from_excluded: 0, range_to_included: 0, is_keyed: 1, fix_state: 'unfixed' };
  const row = { namespace_id: 1, vulnerability_id: 1, package: 'bash', ...range };
  const conditions = ['{"arch":["src"]}', '{"arch":["x86_64"]}', '{"arch":["noarch","src"]}', null];
  for (const [position, text] of conditions.entries())
    await insert(db, 'affected', {
      ...row,
      position,
      hi: Uint8Array.of(5),
      lo: new Uint8Array(),
      ...(text !== null && { conditions: text }),
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
