import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn as extensions } from '../../extensions.ts';
import type { ImageFindings } from '../../store/finding-index-store.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import { unassessedReasons } from './unassessed-images.ts';

const counted: ImageFindings = {
  countedAt: '2026-03-01T00:00:00Z',
  namespaces: [],
  unread: [],
  fixable: 0,
  exploited: 0,
  bySeverity: { Defcon1: 0, Critical: 0, High: 0, Medium: 0, Low: 0, Negligible: 0, Unknown: 0 },
};

test('says why images are known not to be assessed', async () => {
  await using store = await openSqliteStore(':memory:');
  const deps = {
    store,
    extensions,
    outcomes: [],
    asOf: undefined,
    staleAfterMs: 24 * 3_600_000,
    now: () => new Date('2026-03-01T00:00:00Z'),
  };
  const [none, unread, distribution, unknown, uncounted] = await unassessedReasons(
    [
      counted,
      { ...counted, namespaces: [], unread: [{ extension: 'rpm', path: 'a', message: 'damaged' }] },
      { ...counted, namespaces: ['debian:12'] },
      { ...counted, namespaces: ['plan9:4'] },
      null,
    ],
    deps,
  );
  const withoutNamespace = 'no package has a namespace for which advisories are published';
  assert.deepEqual(none, [withoutNamespace]);
  assert.deepEqual(unread, [withoutNamespace, 'a could not be read: damaged']);
  assert.deepEqual(distribution, ['the feed debian tracker was never loaded']);
  assert.deepEqual(unknown, ['no advisory source for plan9:4']);
  assert.equal(uncounted, undefined);
});
