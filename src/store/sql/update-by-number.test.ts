import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { bareEngines } from '../../testing/bare-engines.ts';
import { migrate } from './migrate.ts';
import { updateByNumber } from './update-by-number.ts';

for (const { name, engine: open } of bareEngines) {
  test(`${name}: updates thousands of rows from lists of numbers, and no others`, async (t) => {
    await using engine = await (await open(t))();
    await migrate(engine);
    await sql`
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 2600)
      insert into found_vulnerability (id, name, rank, exploited, is_fixable, images)
        select i, 'CVE-' || i, 1, 0, 0, 10 from n
    `.execute(engine.db);
    // In no order, so that rows meet their own values only by their numbers.
    const rows = Array.from({ length: 2500 }, (_, i) => [1 + ((i * 7) % 2500), i, -(2 ** 45) - i]);
    const set = { images: sql`images + given.column2`, epss: sql`given.column3` };
    await updateByNumber(engine.db, { table: 'found_vulnerability', key: 'id', set }, rows);
    const stored = await engine.db
      .selectFrom('found_vulnerability')
      .select(['id', 'images', 'epss'])
      .execute();
    const byNumber = new Map(rows.map(([id, added, epss]) => [id, [added, epss]] as const));
    assert.equal(stored.length, 2600);
    for (const { id, images, epss } of stored) {
      const [added = 0, given = null] = byNumber.get(id) ?? [];
      assert.deepEqual([images, epss], [10 + added, given]);
    }
  });

  test(`${name}: changes a row once, and nothing without rows`, async (t) => {
    await using engine = await (await open(t))();
    await migrate(engine);
    await sql`insert into found_vulnerability (id, name, rank, exploited, is_fixable) values (1, 'CVE-1', 1, 0, 0)`.execute(
      engine.db,
    );
    const set = { images: sql`images + given.column2` };
    const update = { table: 'found_vulnerability', key: 'id', set } as const;
    await updateByNumber(engine.db, update, []);
    // Three rows, of which the last one is repeated.
    await updateByNumber(engine.db, update, [
      [1, 5],
      [-1, 1],
      [0, 1],
    ]);
    await updateByNumber(engine.db, update, [[1, -2]]);
    const stored = await engine.db.selectFrom('found_vulnerability').select('images').execute();
    assert.deepEqual(stored, [{ images: 3 }]);
  });
}
