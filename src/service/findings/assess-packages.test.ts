import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import { affectedRow, feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { assessPackages } from './assess-packages.ts';

test('looks up ratings of unrated findings, also while the vendor investigates them', async () => {
  await using store = await openSqliteStore(':memory:');
  const unrated = (id: string, state: 'unfixed' | 'under-investigation' | 'not-affected') =>
    record(id, { severity: 'Unknown', affected: [affectedRow('openssl', { range: {}, fix: { state } })] });
  await store.advisories.apply(
    feedUpdate(),
    stream([
      unrated('CVE-2026-1', 'unfixed'),
      unrated('CVE-2026-2', 'under-investigation'),
      unrated('CVE-2026-3', 'not-affected'),
    ]),
  );
  const index = image([installed('openssl')]);
  const requested: string[] = [];
  await assessPackages(await store.images.save(index), index.packages, {
    store,
    extensions: builtIn,
    lookUp: async ({ unrated: ids }) => {
      requested.push(...ids.keys());
      return { isStoreChanged: false, enrichments: [], reason: null };
    },
  });
  assert.deepEqual(requested.sort(), ['CVE-2026-1', 'CVE-2026-2']);
});
