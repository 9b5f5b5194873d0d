import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rankOf } from '../finding-index/stored-values.ts';
import { allAges } from './age-figures.ts';
import {
  ageGroupOf,
  codeOf,
  packRepository,
  packSums,
  unpackCounts,
  unpackRepository,
} from './age-groups.ts';

const day = 20_000;

/** Findings that are open for some days: `5` of exact age, `>=5` of at least that. */
function opened(...ages: readonly string[]) {
  const counts = new Map<number, number>();
  for (const age of ages) {
    const isLowerBound = age.startsWith('>=');
    const since = day - Number(age.replace('>=', ''));
    const code = codeOf({ rank: rankOf('High'), isLowerBound, since, closed: 0 });
    counts.set(code, 1 + (counts.get(code) ?? 0));
  }
  return allAges(counts, { day, days: 90 }).open;
}

test('finds the nearest rank', () => {
  const tens = Array.from({ length: 10 }, (_, i) => String(i + 1));
  assert.deepEqual(
    [opened(...tens).median?.days, opened(...tens).p90?.days, opened(...tens, '99').median?.days],
    [5, 9, 6],
  );
  assert.deepEqual(opened(), { findings: 0, atLeast: 0, median: null, p90: null });
});

test('a quantile is exact if no lower bound can change it', () => {
  const exactness = (...ages: readonly string[]) => {
    const { median, p90 } = opened(...ages);
    return [median?.isExact, p90?.isExact];
  };
  assert.deepEqual(exactness('1', '2', '>=9'), [true, false]);
  assert.deepEqual(exactness('>=1', '2', '9'), [false, false]);
  assert.deepEqual(exactness('5', '>=5'), [true, false]);
  assert.deepEqual(exactness('>=5', '>=5', '5'), [false, false]);
});

test('reads what it has packed', () => {
  const group = { rank: 7, isLowerBound: true, since: 65_535, closed: 65_535 };
  const open = codeOf({ ...group, closed: 0 });
  assert.deepEqual(ageGroupOf(codeOf(group)), group);
  const ages = {
    open: new Map([
      [2 ** 40 - 1, open],
      [0, open - 1],
      [7, open],
    ]),
    closed: new Map([[codeOf(group), 2 ** 32 - 1]]),
  };
  const packed = unpackRepository(packRepository(ages));
  assert.deepEqual(
    [new Map([...packed.open].sort()), packed.closed],
    [new Map([...ages.open].sort()), ages.closed],
  );
  const counts = new Map([
    [open - 1, 1],
    [open, 2],
    [codeOf(group), 2 ** 32 - 1],
  ]);
  assert.deepEqual(unpackCounts(packRepository(ages), { hasKeys: true }), counts);
  assert.deepEqual(unpackCounts(packSums(counts), { hasKeys: false }), counts);
});
