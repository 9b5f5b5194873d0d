import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { bareEngines } from '../../../testing/bare-engines.ts';
import { migrateTo } from '../../../testing/migrate-to.ts';
import { openSqlStore } from '../sql-store.ts';
import { addContentDates } from './0007-content-dates.ts';

for (const { name, engine } of bareEngines) {
  test(`${name}: takes the newest advisory of existing feeds as the date of their content`, async (t) => {
    const open = await engine(t);
    const at = Date.parse('2026-01-02T00:00:00Z');
    {
      await using before = await open();
      await migrateTo(before, addContentDates);
      await before.write(async (db) => {
        for (const [feed, newest] of [
          ['dated', at],
          ['undated', null],
        ] as const)
          await sql`insert into feed (source, name, source_version, origin, presence, fingerprint, fetched_at, checked_at, newest_advisory, records, revision, applied_at)
            values ('debian', ${feed}, 1, 'upstream', 'loaded', '', ${at}, ${at}, ${newest}, 1, 1, ${at})`.execute(
            db,
          );
      });
    }
    await using store = await openSqlStore(await open(), {});
    const states = await store.advisories.findFeedStates();
    const dates = states.map(({ feed, contentDate, contentEvidence }) => [
      feed,
      contentDate,
      contentEvidence,
    ]);
    const [dated, undated] = [
      ['dated', new Date(at).toISOString(), 'http'],
      ['undated', null, null],
    ];
    assert.deepEqual(dates, [dated, undated]);
  });
}
