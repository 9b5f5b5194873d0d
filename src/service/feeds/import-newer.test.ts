import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../store/store.ts';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { exportDatabase } from './export-database.ts';
import { encodeExport } from './export-file.ts';
import { type ImportDatabaseDeps, type ImportedFeed, importDatabase } from './import-database.ts';

const start = Date.parse('2026-03-01T00:00:00Z');

function depsFor(store: Store): ImportDatabaseDeps {
  return {
    store,
    extensions: { schemes: [], sources: [{ name: 'debian' }], enrichers: [] } as never,
    now: () => new Date(start),
    owner: 'test',
    lockWaitMs: 0,
    sleep: () => Promise.resolve(),
    onProgress: () => undefined,
  };
}

/** What comes of a file that is written by one store and taken over by another. */
async function exportAndImport(from: Store, to: Store): Promise<ImportedFeed[]> {
  const exporting = { ...depsFor(from), store: from };
  const bytes = Buffer.concat(await collectAll(encodeExport(exportDatabase(exporting), () => undefined)));
  return collectAll(importDatabase({ name: 'a file', content: () => inChunks(bytes, 1000) }, depsFor(to)));
}

/** The same feed with one CVE, whose newest word is of that day, last found current then. */
async function dated(context: TestContext, modified: string | undefined, checkedAt: string): Promise<Store> {
  const [sqlite] = storeEngines;
  assert.ok(sqlite !== undefined);
  const store = await sqlite.create(context)({ now: () => start });
  const one = { ...record('CVE-1'), affected: [], ...(modified !== undefined && { modified }) };
  await store.advisories.apply(feedUpdate({ fetchedAt: checkedAt }), stream([one]));
  return store;
}

test('which content is newer is told by its newest advisory, and by who asked last only where that tells nothing', async (context) => {
  const days = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];
  const [first = '', second = '', third = ''] = days;
  type Side = readonly [modified: string | undefined, checkedAt: string];
  const cases: readonly (readonly [here: Side, carried: Side, outcome: string])[] = [
    // An old mirror was asked last.
    [[first, third], [second, second], 'imported'],
    [[second, second], [first, third], 'newer'],
    [[first, third], [first, second], 'newer'],
    [[first, second], [first, third], 'imported'],
    [[undefined, third], [second, second], 'newer'],
    [[undefined, second], [undefined, third], 'imported'],
  ];
  for (const [here, there, outcome] of cases) {
    const outcomes = await exportAndImport(await dated(context, ...there), await dated(context, ...here));
    assert.deepEqual(
      outcomes.map((feed) => feed.outcome),
      [outcome],
      JSON.stringify([here, there]),
    );
  }
});
