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

/** Exports from one store, imports into another one, and returns the outcome. */
async function exportAndImport(from: Store, to: Store): Promise<ImportedFeed[]> {
  const exporting = { ...depsFor(from), store: from };
  const bytes = Buffer.concat(await collectAll(encodeExport(exportDatabase(exporting), () => undefined)));
  return collectAll(importDatabase({ name: 'a file', content: () => inChunks(bytes, 1000) }, depsFor(to)));
}

/** Fills a store with one CVE of the feed, last modified on one day and checked on another. */
async function dated(context: TestContext, modified: string | undefined, checkedAt: string): Promise<Store> {
  const [sqlite] = storeEngines;
  assert.ok(sqlite !== undefined);
  const store = await sqlite.create(context)({ now: () => start });
  const one = { ...record('CVE-1'), affected: [], ...(modified !== undefined && { modified }) };
  await store.advisories.apply(feedUpdate({ fetchedAt: checkedAt }), stream([one]));
  return store;
}

test('compares content by its newest advisory and by the time of the check only without one', async (context) => {
  const days = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];
  const [first = '', second = '', third = ''] = days;
  type Side = readonly [modified: string | undefined, checkedAt: string];
  const cases: readonly (readonly [here: Side, carried: Side, outcome: string])[] = [
    // The old mirror was checked last.
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
