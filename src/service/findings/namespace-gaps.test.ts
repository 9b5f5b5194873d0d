import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn as extensions } from '../../extensions.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import { affectedRow, feedUpdate, record, stream } from '../../testing/store-content.ts';
import { namespaceGaps } from './namespace-gaps.ts';

test('names the kind of each gap', async () => {
  const now = (): Date => new Date('2026-03-01T00:00:00Z');
  await using store = await openSqliteStore(':memory:', { now: () => now().getTime() });
  const debian9 = { name: 'debian:9', versionScheme: 'dpkg' };
  await store.advisories.apply(
    feedUpdate({ source: 'debian', feed: 'tracker', fetchedAt: now().toISOString() }),
    stream([record('CVE-2026-1', { affected: [affectedRow('openssl', { namespace: debian9 })] })]),
  );
  const names = ['debian:9', 'debian:12', 'alpine:v3.20', 'plan9:4'];
  const staleAfterMs = Number.POSITIVE_INFINITY;
  const deps = { store, extensions, outcomes: [], asOf: undefined, staleAfterMs, now };
  const gaps = [...(await namespaceGaps(names, deps))].map(([name, { code }]) => [name, code]);
  assert.deepEqual(gaps, [
    ['debian:9', 'out-of-support'],
    ['debian:12', 'missing'],
    ['alpine:v3.20', 'never-loaded'],
    ['plan9:4', 'unsupported'],
  ]);
});
