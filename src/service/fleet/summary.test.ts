import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { countFindings } from '../finding-counts/count-findings.ts';
import { summarize } from './summary.ts';

const start = Date.parse('2026-11-01T00:00:00Z');
const staleAfterMs = 24 * 3_600_000;

for (const engine of storeEngines)
  test(`${engine.name}: summarizes the findings of all named images and the age of sources`, async (t) => {
    let now = start;
    const store = await engine.create(t)({ now: () => now });
    const deps = { store, staleAfterMs };
    assert.deepEqual(await summarize(deps), {
      at: '2026-11-01T00:00:00.000Z',
      event: 0,
      findings: null,
      notAssessed: null,
      sources: [],
    });

    const update = { fetchedAt: '2026-11-01T00:00:00Z' };
    const advisories = [record('CVE-1', { affected: [affectedRow('openssl')], severity: 'High' })];
    await store.advisories.apply(feedUpdate(update), stream(advisories));
    for (const name of ['a', 'b', 'unnamed']) {
      const number = await store.images.save(image([installed('openssl'), installed(name)]));
      if (name !== 'unnamed') await store.ancestries.save(ancestry(name, number));
    }
    await countFindings({
      store,
      extensions: { schemes: [], sources: [] },
      signal: new AbortController().signal,
    });
    const { findings, sources } = await summarize(deps);
    const counts = [{ severity: 'High', isFixable: true, exploited: 'unknown', findings: 2 }];
    assert.deepEqual(findings, {
      at: '2026-11-01T00:00:00.000Z',
      images: 2,
      dueSets: 0,
      findings: counts,
    });
    assert.deepEqual(
      sources.map(({ source, state, reason, feeds }) => [source, state, reason, feeds]),
      [['debian', 'current', null, 1]],
    );

    now += staleAfterMs + 1;
    const [stale] = (await summarize(deps)).sources;
    assert.equal(stale?.state, 'stale');
    assert.match(
      stale.reason ?? '',
      /^the advisories of debian were last known to be current at 2026-11-01T00/,
    );

    const failure = { at: '2026-11-02T00:00:00.000Z', message: 'away' };
    const other = { source: 'debian', feed: 'other', sourceVersion: 1, origin: 'upstream' };
    await store.advisories.recordFailure(other, failure);
    const [failed] = (await summarize(deps)).sources;
    assert.deepEqual([failed?.state, failed?.feeds, failed?.lastFailure], ['failed', 2, failure]);
  });

test('a source has failed from a refused update until the next one that is applied', async () => {
  await using store = await openSqliteStore(':memory:', { now: () => start });
  const stateOf = async (): Promise<unknown[]> => {
    const [source] = (await summarize({ store, staleAfterMs })).sources;
    return [source?.state, source?.reason, source?.lastFailure];
  };
  const update = feedUpdate({ fetchedAt: '2026-11-01T00:00:00Z' });
  const apply = async (...names: readonly string[]): Promise<unknown> =>
    await store.advisories.apply(update, stream(names.map((name) => record(name))));
  await apply('CVE-1', 'CVE-2', 'CVE-3');
  assert.deepEqual(await stateOf(), ['current', null, null]);
  await assert.rejects(apply('CVE-1'), /has 1 records, but the current content has 3\./);
  const failure = { at: '2026-11-01T00:00:00.000Z', message: 'it shrank' };
  await store.advisories.recordFailure(update, failure);
  assert.deepEqual(await stateOf(), ['failed', null, failure]);
  await apply('CVE-1', 'CVE-2');
  assert.deepEqual(await stateOf(), ['current', null, null]);
});
