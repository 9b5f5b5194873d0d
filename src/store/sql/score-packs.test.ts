import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { changeCounts, feedUpdate, stream } from '../../testing/store-content.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { openSqliteEngine } from './dialect/sqlite-engine.ts';
import { openSqlStore } from './sql-store.ts';

test('packs scores that an earlier version stored as rows', async (context) => {
  const engine = await openSqliteEngine(join(temporaryDirectory(context), 'clair.db'));
  await using store = await openSqlStore(engine, {});
  const update = feedUpdate({ source: 'epss', feed: 'current' });
  const epss = { score: 0.5, percentile: 0.9 };
  await store.enrichments.apply(update, stream([{ kind: 'enrichment', id: 'other', epss }]));
  const { id: feed } = await engine.db.selectFrom('feed').select('id').executeTakeFirstOrThrow();
  for (const id of ['CVE-2024-0001', 'CVE-2024-0002'])
    await engine.db
      .insertInto('enrichment')
      .values({ feed_id: feed, id, hash: id, data: JSON.stringify({ epss }) })
      .execute();
  const found = await store.enrichments.findByIds(['CVE-2024-0001']);
  assert.deepEqual(found.get('CVE-2024-0001'), [{ id: 'CVE-2024-0001', source: 'epss', epss }]);
  const again = ['other', 'CVE-2024-0001', 'CVE-2024-0003'].map((id) => ({
    kind: 'enrichment' as const,
    id,
    epss,
  }));
  assert.deepEqual(
    await store.enrichments.apply(update, stream(again)),
    changeCounts({ added: 2, removed: 2, unchanged: 1 }),
  );
  const rows = await engine.db.selectFrom('enrichment').select('id').execute();
  assert.deepEqual(rows, [{ id: 'other' }]);
  const all = await store.enrichments.pageByFeed({ source: 'epss', feed: 'current' }, { limit: 10 });
  assert.deepEqual(
    all.map(({ id }) => id),
    ['other', 'CVE-2024-0001', 'CVE-2024-0003'],
  );
  assert.equal((await store.advisories.findFeedStates())[0]?.records, 3);
});
