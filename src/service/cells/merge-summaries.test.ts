import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { severities } from '../../model/severity.ts';
import type { SourceSummary } from '../../store/feed-state.ts';
import { exploitations, type FindingTotals } from '../../store/finding-count-store.ts';
import { type CellSummary, mergeSummaries } from './merge-summaries.ts';

const count = fc.record({
  severity: fc.constantFrom(...severities),
  isFixable: fc.boolean(),
  exploited: fc.constantFrom(...exploitations),
  findings: fc.nat(1000),
});
const findings: fc.Arbitrary<FindingTotals> = fc.record({
  at: fc.constantFrom('2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z'),
  images: fc.nat(),
  dueSets: fc.nat(),
  findings: fc.uniqueArray(count, { selector: (one) => `${one.severity} ${one.isFixable} ${one.exploited}` }),
});

const empty: CellSummary = { findings: null, notAssessed: null, sources: [] };

test('adds up the findings of each severity, fix and exploitation', () => {
  fc.assert(
    fc.property(fc.array(findings, { minLength: 1, maxLength: 5 }), (cells) => {
      const summaries = new Map(cells.map((one, i) => [`cell-${i}`, { ...empty, findings: one }]));
      const { findings: merged } = mergeSummaries(summaries);
      assert.equal(
        merged?.images,
        cells.reduce((sum, { images }) => sum + images, 0),
      );
      for (const severity of severities)
        for (const fixable of [true, false])
          for (const exploited of exploitations) {
            const numberIn = ({ findings: counts }: FindingTotals): number =>
              counts
                .filter((one) => one.severity === severity && one.isFixable === fixable)
                .filter((one) => one.exploited === exploited)
                .reduce((sum, one) => sum + one.findings, 0);
            assert.equal(
              numberIn(merged),
              cells.reduce((sum, one) => sum + numberIn(one), 0),
            );
          }
      assert.equal(merged.at, cells.map(({ at }) => at).sort()[0]);
    }),
  );
});

test('has no sum while one cell has counted nothing', () => {
  const counted = { at: '2026-11-01T00:00:00.000Z', images: 1, dueSets: 0, findings: [] };
  const summaries = new Map([
    ['north', { ...empty, findings: counted }],
    ['south', empty],
  ]);
  assert.equal(mergeSummaries(summaries).findings, null);
});

test('adds up the images that are not assessed by reason, and has no sum while one cell has counted none', () => {
  const debian = { code: 'never-loaded', reason: 'never loaded', namespace: 'debian:12' } as const;
  const unread = { code: 'unread', reason: 'a part could not be read', namespace: null } as const;
  const north = { images: 5, uncounted: 1, reasons: [{ ...debian, images: 5 }] };
  const south = {
    images: 4,
    uncounted: 2,
    reasons: [
      { ...unread, images: 4 },
      { ...debian, images: 1 },
    ],
  };
  const merged = mergeSummaries(
    new Map([
      ['north', { ...empty, notAssessed: north }],
      ['south', { ...empty, notAssessed: south }],
    ]),
  );
  assert.deepEqual(merged.notAssessed, {
    images: 9,
    uncounted: 3,
    reasons: [
      { ...debian, images: 6 },
      { ...unread, images: 4 },
    ],
  });
  const half = new Map([
    ['north', { ...empty, notAssessed: north }],
    ['south', empty],
  ]);
  assert.equal(mergeSummaries(half).notAssessed, null);
});

test('states each source as it is in the cell where it is worst', () => {
  const source = (name: string, state: SourceSummary['state'], checkedAt: string | null): SourceSummary => ({
    source: name,
    state,
    checkedAt,
    reason: null,
    feeds: 1,
    contentDate: null,
    fetchedAt: null,
    lastFailure: null,
  });
  const summaries = new Map([
    [
      'north',
      {
        ...empty,
        sources: [source('debian', 'current', '2026-11-02'), source('alpine', 'stale', '2026-11-02')],
      },
    ],
    [
      'south',
      {
        ...empty,
        sources: [source('debian', 'current', '2026-11-01'), source('alpine', 'failed', null)],
      },
    ],
    ['west', { ...empty, sources: [source('alpine', 'current', '2026-11-03')] }],
  ]);
  const { sources } = mergeSummaries(summaries);
  assert.deepEqual(
    sources.map(({ source: name, state, cell }) => [name, state, cell]),
    [
      ['alpine', 'failed', 'south'],
      ['debian', 'current', 'south'],
    ],
  );
});
