import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../kit/errors.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import type { SkippedRecord } from '../../plugin/advisory-source.ts';
import { difference, feedUpdate, stream } from '../../testing/store-content.ts';
import { behind, gate, storeEngines } from '../../testing/store-engines.ts';
import type { FeedUpdate, Store } from '../store.ts';

const nvd: Enrichment = {
  id: 'CVE-1',
  cvss: [{ source: 'nvd', vector: 'CVSS:3.1/AV:N', score: 9.8 }],
  severity: 'Critical',
  description: 'A naïve flaw \u{1f41b}',
  weaknesses: ['CWE-79'],
  published: '2026-01-01T00:00:00.000Z',
};
const epss = (id: string, score: number): Enrichment => ({ id, epss: { score, percentile: 0.5 } });

for (const engine of storeEngines) {
  test(`${engine.name}: what is known of vulnerabilities is told with who says so`, async (t) => {
    const { enrichments, advisories } = await engine.create(t)();
    assert.deepEqual(await enrichments.find(['CVE-1']), new Map());
    await apply({ enrichments }, [epss('CVE-1', 0.1), epss('CVE-2', 0.2)], {
      source: 'epss',
      feed: 'scores',
    });
    await apply({ enrichments }, [nvd, { id: 'CVE-3', rejected: true }], { source: 'nvd', feed: '2026' });
    const found = await enrichments.find(['CVE-1', 'CVE-1', 'CVE-3', 'CVE-4']);
    assert.deepEqual(
      found,
      new Map([
        [
          'CVE-1',
          [
            { source: 'epss', ...epss('CVE-1', 0.1) },
            { source: 'nvd', ...nvd },
          ],
        ],
        ['CVE-3', [{ source: 'nvd', id: 'CVE-3', rejected: true }]],
      ]),
    );
    const states = await advisories.feedStates();
    assert.deepEqual(
      states.map(({ source, feed, records, presence }) => [source, feed, records, presence]),
      [
        ['epss', 'scores', 2, 'loaded'],
        ['nvd', '2026', 2, 'loaded'],
      ],
    );
    const many = Array.from({ length: 1200 }, (_, i) => `CVE-${i}`);
    assert.equal((await enrichments.find(many)).size, 3);
  });

  test(`${engine.name}: enrichments are replaced by difference`, async (t) => {
    const store = await engine.create(t)();
    const scores = (...entries: [string, number][]) => entries.map(([id, score]) => epss(id, score));
    assert.deepEqual(
      await apply(store, scores(['A', 0.1], ['B', 0.2], ['C', 0.3])),
      difference({ added: 3 }),
    );
    assert.deepEqual(
      await apply(store, scores(['A', 0.1], ['B', 0.9], ['D', 0.4])),
      difference({ added: 1, changed: 1, removed: 1, unchanged: 1 }),
    );
    const all = await store.enrichments.find(['A', 'B', 'C', 'D']);
    assert.deepEqual([...all].map(([id, [first]]) => `${id} ${first?.epss?.score}`).sort(), [
      'A 0.1',
      'B 0.9',
      'D 0.4',
    ]);
    assert.equal((await store.statistics()).rows['enrichment'], 3);

    assert.deepEqual(
      await apply(store, [epss('B', 0.8), { key: 'A', skipped: 'no score' }], { extent: 'changes' }),
      difference({ changed: 1, skipped: 1 }),
    );
    assert.equal((await store.enrichments.find(['A', 'B', 'D'])).size, 3);
    const [state] = await store.advisories.feedStates();
    assert.deepEqual(state?.skipped, { count: 1, sample: [{ key: 'A', reason: 'no score' }] });
    assert.equal(state.records, 3);
  });

  test(`${engine.name}: enrichments that cannot be are refused`, async (t) => {
    const store = await engine.create(t)();
    const scores = ['A', 'B', 'C', 'D', 'E'].map((id) => epss(id, 0.1));
    await apply(store, scores);
    await assert.rejects(apply(store, [...scores, epss('A', 0.2)]), isCorrupt(/: A comes twice/));
    const betweenThem = { key: 'A', skipped: 'no score' };
    await assert.rejects(
      apply(store, [...scores, betweenThem, epss('A', 0.2)]),
      isCorrupt(/: A comes twice/),
    );
    await assert.rejects(apply(store, scores.slice(0, 2)), isCorrupt(/has 2 records where 5 are in force/));
    await assert.rejects(apply(store, []), isCorrupt(/has 0 records/));
    assert.equal((await store.enrichments.find(['A', 'E'])).size, 2);
    await apply(store, scores.slice(0, 2), { acceptShrunk: true });
    assert.equal((await store.enrichments.find(['A', 'E'])).size, 1);
  });

  test(`${engine.name}: of two who apply the same enrichments at once, one is told`, async (t) => {
    const store = await engine.create(t)();
    await apply(store, [epss('A', 0.1)]);
    const begin = gate(2);
    const again = () =>
      store.enrichments.apply(
        feedUpdate({ source: 'epss', feed: 'scores' }),
        behind(begin, stream([epss('A', 0.2)])),
      );
    const results = await Promise.allSettled([again(), again()]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });
}

function apply(
  { enrichments }: Pick<Store, 'enrichments'>,
  records: readonly (Enrichment | SkippedRecord)[],
  update: Partial<FeedUpdate> = {},
) {
  return enrichments.apply(feedUpdate({ source: 'epss', feed: 'scores', ...update }), stream(records));
}

function isCorrupt(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof ClairError && error.code === 'feed-corrupt' && message.test(error.message);
}
