import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import { emptyScoreBatch } from '../../model/score-batch.ts';
import type { Severity } from '../../model/severity.ts';
import type { SkippedRecord } from '../../plugin/advisory-source.ts';
import type { EnrichmentRecord, RatingRecord, ScoresRecord } from '../../plugin/enricher.ts';
import { changeCounts, feedUpdate, stream } from '../../testing/store-content.ts';
import { afterBarrier, barrier, storeEngines } from '../../testing/store-engines.ts';
import type { FeedUpdate } from '../advisory-store.ts';
import type { DigestedRating, LookupResult } from '../enrichment-store.ts';
import type { FeedChangeCounts } from '../feed-state.ts';
import type { Store } from '../store.ts';

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
  test(`${engine.name}: returns those of a feed with statements about products`, async (t) => {
    const { enrichments } = await engine.create(t)();
    const product = (id: string): Enrichment => ({
      id,
      products: [{ product: 'openssl', by: 'cna', versions: [{ status: 'affected', version: '1.0' }] }],
    });
    const quoting = { id: 'CVE-4', description: '"products":[{"product":"openssl"}] 100% \\' };
    const records = [product('CVE-1'), { ...nvd, id: 'CVE-2' }, product('CVE-3'), quoting, product('CVE-5')];
    const list = { source: 'cve', feed: 'list' };
    await apply({ enrichments }, records, list);
    await apply({ enrichments }, [product('CVE-6')], { source: 'cve', feed: 'other' });
    const first = await enrichments.pageWithProducts(list, { limit: 2 });
    assert.deepEqual(first, [product('CVE-1'), product('CVE-3')]);
    const others = await enrichments.pageWithProducts(list, { limit: 2, after: 'CVE-3' });
    assert.deepEqual(others, [product('CVE-5')]);
  });

  test(`${engine.name}: returns enrichments with their sources`, async (t) => {
    const { enrichments, advisories } = await engine.create(t)();
    assert.deepEqual(await enrichments.findByIds(['CVE-1']), new Map());
    await apply({ enrichments }, [epss('CVE-1', 0.1), epss('CVE-2', 0.2)], {
      source: 'epss',
      feed: 'scores',
    });
    await apply({ enrichments }, [nvd, { id: 'CVE-3', rejected: true }], { source: 'nvd', feed: '2026' });
    const found = await enrichments.findByIds(['CVE-1', 'CVE-1', 'CVE-3', 'CVE-4']);
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
    const states = await advisories.findFeedStates();
    assert.deepEqual(
      states.map(({ source, feed, records, presence }) => [source, feed, records, presence]),
      [
        ['epss', 'scores', 2, 'loaded'],
        ['nvd', '2026', 2, 'loaded'],
      ],
    );
    const many = Array.from({ length: 1200 }, (_, i) => `CVE-${i}`);
    assert.equal((await enrichments.findByIds(many)).size, 3);
  });

  test(`${engine.name}: replaces enrichments by difference`, async (t) => {
    const store = await engine.create(t)();
    const scores = (...entries: [string, number][]) => entries.map(([id, score]) => epss(id, score));
    assert.deepEqual(
      await apply(store, scores(['A', 0.1], ['B', 0.2], ['C', 0.3])),
      changeCounts({ added: 3 }),
    );
    assert.deepEqual(
      await apply(store, scores(['A', 0.1], ['B', 0.9], ['D', 0.4])),
      changeCounts({ added: 1, changed: 1, removed: 1, unchanged: 1 }),
    );
    const all = await store.enrichments.findByIds(['A', 'B', 'C', 'D']);
    assert.deepEqual([...all].map(([id, [first]]) => `${id} ${first?.epss?.score}`).sort(), [
      'A 0.1',
      'B 0.9',
      'D 0.4',
    ]);
    assert.equal((await store.statistics()).rows['enrichment'], 3);

    assert.deepEqual(
      await apply(store, [epss('B', 0.8), { kind: 'skipped', key: 'A', reason: 'no score' }], {
        kind: 'changes',
      }),
      changeCounts({ changed: 1, skipped: 1 }),
    );
    assert.equal((await store.enrichments.findByIds(['A', 'B', 'D'])).size, 3);
    const [state] = await store.advisories.findFeedStates();
    assert.deepEqual(state?.skipped, { count: 1, sample: [{ key: 'A', reason: 'no score' }] });
    assert.equal(state.records, 3);
  });

  test(`${engine.name}: rejects invalid enrichments`, async (t) => {
    const store = await engine.create(t)();
    const scores = ['A', 'B', 'C', 'D', 'E'].map((id) => epss(id, 0.1));
    await apply(store, scores);
    await assert.rejects(apply(store, [...scores, epss('A', 0.2)]), isCorrupt(/: A occurs twice/));
    const betweenThem = { kind: 'skipped', key: 'A', reason: 'no score' } as const;
    await assert.rejects(
      apply(store, [...scores, betweenThem, epss('A', 0.2)]),
      isCorrupt(/: A occurs twice/),
    );
    await assert.rejects(
      apply(store, scores.slice(0, 2)),
      isCorrupt(/has 2 records, but the current content has 5/),
    );
    await assert.rejects(apply(store, []), isCorrupt(/has 0 records/));
    assert.equal((await store.enrichments.findByIds(['A', 'E'])).size, 2);
    await apply(store, scores.slice(0, 2), { acceptShrunk: true });
    assert.equal((await store.enrichments.findByIds(['A', 'E'])).size, 1);
  });

  test(`${engine.name}: rejects one of two simultaneous applications of the same enrichments`, async (t) => {
    const store = await engine.create(t)();
    await apply(store, [epss('A', 0.1)]);
    const begin = barrier(2);
    const again = () =>
      store.enrichments.apply(
        feedUpdate({ source: 'epss', feed: 'scores' }),
        afterBarrier(begin, stream([asRecord(epss('A', 0.2))])),
      );
    const results = await Promise.allSettled([again(), again()]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  test(`${engine.name}: applies scores of CVEs by difference and returns them by page and by id`, async (t) => {
    const store = await engine.create(t)();
    const first = [
      epss('CVE-2024-1001', 0.1),
      epss('CVE-2024-10000', 0.2),
      epss('CVE-2023-0001', 0.3),
      epss('CVE-2023-4911', 0.4),
      epss('no-cve', 0.5),
    ];
    assert.deepEqual(await apply(store, first), changeCounts({ added: 5 }));
    const second = [
      batchOf([2024, 1001, 0.9, 0.5], [2024, 10_000, 0.2, 0.5], [2022, 1, 0.6, 0.5]),
      { kind: 'skipped', key: 'CVE-2023-4911', reason: 'no score' } as const,
      epss('no-cve', 0.5),
    ];
    const changes = { added: 1, changed: 1, unchanged: 2, removed: 1, skipped: 1 };
    assert.deepEqual(await apply(store, second), changeCounts(changes));
    const expected = [
      epss('no-cve', 0.5),
      epss('CVE-2022-0001', 0.6),
      epss('CVE-2023-4911', 0.4),
      epss('CVE-2024-1001', 0.9),
      epss('CVE-2024-10000', 0.2),
    ];
    for (const limit of [1, 2, 100]) assert.deepEqual(await allInFeed(store, limit), expected);
    const ids = [...first, ...expected].map(({ id }) => id);
    const found = await store.enrichments.findByIds(ids);
    assert.deepEqual(
      new Map([...found].sort()),
      new Map(expected.map((one) => [one.id, [{ source: 'epss', ...one }]] as const).sort()),
    );
    assert.equal((await store.advisories.findFeedStates())[0]?.records, 5);
    const change = [epss('CVE-2024-1001', 0.7)];
    assert.deepEqual(await apply(store, change, { kind: 'changes' }), changeCounts({ changed: 1 }));
    assert.equal((await allInFeed(store, 100)).length, 5);
  });

  test(`${engine.name}: rejects a duplicate CVE, and scores that have shrunk to half`, async (t) => {
    const store = await engine.create(t)();
    const twice = [batchOf([2024, 5, 0.1, 0], [2024, 4, 0.1, 0]), epss('CVE-2024-0005', 0.2)];
    await assert.rejects(apply(store, twice), isCorrupt(/: CVE-2024-0005 occurs twice/));
    await apply(store, [batchOf([2024, 1, 0.1, 0], [2024, 2, 0.1, 0], [2023, 3, 0.1, 0])]);
    await assert.rejects(
      apply(store, [epss('CVE-2024-0001', 0.1)]),
      isCorrupt(/has 1 records, but the current content has 3/),
    );
    assert.equal((await allInFeed(store, 100)).length, 3);
  });

  test(`${engine.name}: reads only documents that changed`, async (t) => {
    const store = await engine.create(t)();
    const read: string[] = [];
    const document = (id: string, text: string, severity: Severity = 'Low'): DigestedRating => ({
      kind: 'document',
      id,
      digest: createHash('sha256').update(text).digest(),
      read: () => {
        read.push(`${id} ${text}`);
        return { kind: 'enrichment', id, severity };
      },
    });
    const applied = async (
      documents: readonly (DigestedRating | RatingRecord)[],
      update: Partial<FeedUpdate> = {},
    ): Promise<[FeedChangeCounts, string[]]> => {
      read.length = 0;
      const feed = feedUpdate({ source: 'cve', feed: 'list', ...update });
      return [await store.enrichments.apply(feed, stream(documents)), [...read]];
    };
    const severities = async (): Promise<unknown> =>
      [...(await store.enrichments.findByIds(['A', 'B', 'C']))]
        .map(([id, [one]]) => `${id} ${one?.severity}`)
        .sort();
    const first = [document('A', 'a'), document('B', 'b')];
    assert.deepEqual(await applied(first), [changeCounts({ added: 2 }), ['A a', 'B b']]);
    assert.deepEqual(await applied(first), [changeCounts({ unchanged: 2 }), []]);
    // Another text with the same rating is read once.
    const reworded = [document('A', 'a'), document('B', 'b, reworded')];
    assert.deepEqual(await applied(reworded), [changeCounts({ unchanged: 2 }), ['B b, reworded']]);
    assert.deepEqual(await applied(reworded), [changeCounts({ unchanged: 2 }), []]);
    // Changes replace a rating. The earlier document then no longer counts.
    const change = [document('A', 'changed', 'High')];
    assert.deepEqual(await applied(change, { kind: 'changes' }), [
      changeCounts({ changed: 1 }),
      ['A changed'],
    ]);
    assert.deepEqual(await severities(), ['A High', 'B Low']);
    const again = [...reworded, document('C', 'c')];
    const counts = changeCounts({ added: 1, changed: 1, unchanged: 1 });
    assert.deepEqual(await applied(again), [counts, ['A a', 'C c']]);
    assert.deepEqual(await severities(), ['A Low', 'B Low', 'C Low']);
    // The same ratings without documents are equal.
    const plain = ['A', 'B', 'C'].map((id) => asRecord({ id, severity: 'Low' }));
    assert.deepEqual(await applied(plain), [changeCounts({ unchanged: 3 }), []]);
    assert.deepEqual(await applied(again), [changeCounts({ unchanged: 3 }), []]);
    await assert.rejects(applied([...again, document('A', 'a')]), isCorrupt(/: A occurs twice/));
    assert.deepEqual(await applied([...reworded]), [changeCounts({ removed: 1, unchanged: 2 }), []]);
  });

  test(`${engine.name}: returns the later one of a feed's rating and a lookup at the same source`, async (t) => {
    const store = await engine.create(t)();
    const listed: Enrichment = { id: 'CVE-1', severity: 'Low' };
    const feed = { source: 'cve', feed: 'list', fetchedAt: '2026-01-02T00:00:00.000Z' } as const;
    await store.enrichments.apply(feedUpdate(feed), stream([asRecord(listed)]));
    const looked: Enrichment = { id: 'CVE-1', severity: 'High' };
    const foundAfter = async (askedAt: string): Promise<unknown> => {
      const answer = { id: 'CVE-1', source: 'cve', sourceVersion: 1, origin: 'upstream', askedAt };
      await store.enrichments.saveLookups([{ ...answer, enrichment: looked }]);
      return (await store.enrichments.findByIds(['CVE-1'])).get('CVE-1');
    };
    assert.deepEqual(await foundAfter('2026-01-01T00:00:00.000Z'), [{ source: 'cve', ...listed }]);
    assert.deepEqual(await foundAfter('2026-01-03T00:00:00.000Z'), [{ source: 'cve', ...looked }]);
  });

  test(`${engine.name}: saves results of lookups and keeps the content of an earlier one`, async (t) => {
    const open = engine.create(t);
    const store = await open();
    const { enrichments } = store;
    const answer = {
      id: 'CVE-1',
      source: 'cve',
      sourceVersion: 1,
      origin: 'upstream',
      askedAt: '2026-01-02T03:04:05.000Z',
    };
    assert.deepEqual(await enrichments.findLookups(['CVE-1']), new Map());
    await enrichments.saveLookups([]);
    const missing = { ...answer, id: 'CVE-2', enrichment: null };
    await enrichments.saveLookups([{ ...answer, enrichment: nvd }, missing]);
    assert.deepEqual(
      await enrichments.findLookups(['CVE-1', 'CVE-2', 'CVE-3']),
      new Map<string, LookupResult>([
        ['CVE-1', { ...answer, enrichment: nvd }],
        ['CVE-2', missing],
      ]),
    );
    const later = { ...answer, askedAt: '2026-02-02T03:04:05.000Z', origin: 'https://mirror.example' };
    await enrichments.saveLookups([{ ...later, enrichment: null }]);
    assert.deepEqual((await enrichments.findLookups(['CVE-1'])).get('CVE-1'), { ...later, enrichment: nvd });
    await apply(store, [epss('CVE-1', 0.1)]);
    assert.deepEqual(
      (await enrichments.findByIds(['CVE-1', 'CVE-2'])).get('CVE-1')?.map(({ source }) => source),
      ['cve', 'epss'],
    );
  });

  test(`${engine.name}: deletes results of lookups that were not renewed within the retention time`, async (t) => {
    const day = 24 * 3_600_000;
    const now = Date.parse('2026-06-01T00:00:00Z');
    const store = await engine.create(t)({ now: () => now });
    const asked = { source: 'cve', sourceVersion: 1, origin: 'upstream', enrichment: null };
    const at = (days: number): string => new Date(now - days * day).toISOString();
    await store.enrichments.saveLookups([
      { ...asked, id: 'CVE-1', askedAt: at(31) },
      { ...asked, id: 'CVE-2', askedAt: at(29) },
    ]);
    const months = 30 * day;
    await store.collectGarbage({ keepHistoryMs: months, keepEventsMs: months, keepLayersUnusedMs: months });
    assert.deepEqual([...(await store.enrichments.findLookups(['CVE-1', 'CVE-2'])).keys()], ['CVE-2']);
  });

  test(`${engine.name}: saves the same results twice at the same time without a failure`, async (t) => {
    const store = await engine.create(t)();
    const answers = Array.from({ length: 300 }, (_, number) => ({
      id: `CVE-2024-${1000 + number}`,
      source: 'cve',
      sourceVersion: 1,
      origin: 'upstream',
      askedAt: '2026-01-02T03:04:05.000Z',
      enrichment: null,
    }));
    await Promise.all([
      store.enrichments.saveLookups(answers),
      store.enrichments.saveLookups(answers.toReversed()),
    ]);
    assert.equal((await store.enrichments.findLookups(answers.map(({ id }) => id))).size, 300);
  });
}

/** Rows of year, number, score and percentile. */
function batchOf(...rows: readonly (readonly [number, number, number, number])[]): ScoresRecord {
  const batch = emptyScoreBatch(rows.length);
  for (const [row, [year, number, score, percentile]] of rows.entries()) {
    batch.years[row] = year;
    batch.numbers[row] = number;
    batch.scores[row] = score;
    batch.percentiles[row] = percentile;
  }
  return { kind: 'scores', batch: { ...batch, count: rows.length } };
}

/** Reads all scores of the feed in pages of this size. */
async function allInFeed({ enrichments }: Store, limit: number): Promise<Enrichment[]> {
  const all: Enrichment[] = [];
  for (;;) {
    const after = all.at(-1)?.id;
    const feed = { source: 'epss', feed: 'scores' };
    const page = await enrichments.pageByFeed(feed, { limit, ...(after !== undefined && { after }) });
    all.push(...page);
    if (page.length < limit) return all;
  }
}

function apply(
  { enrichments }: Pick<Store, 'enrichments'>,
  records: readonly (Enrichment | SkippedRecord | ScoresRecord)[],
  update: Partial<FeedUpdate> = {},
) {
  const withKinds = records.map((one): EnrichmentRecord => ('kind' in one ? one : asRecord(one)));
  return enrichments.apply(feedUpdate({ source: 'epss', feed: 'scores', ...update }), stream(withKinds));
}

function asRecord(enrichment: Enrichment): RatingRecord {
  return { kind: 'enrichment', ...enrichment };
}

function isCorrupt(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof ClairError && error.code === 'feed-corrupt' && message.test(error.message);
}
