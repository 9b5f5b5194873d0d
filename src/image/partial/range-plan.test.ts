import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planRanges } from './range-plan.ts';

test('joins ranges with small gaps, and then those with the smallest gaps', () => {
  const wanted = [
    { offset: 100, end: 110 },
    { offset: 0, end: 10 },
    { offset: 15, end: 20 },
    { offset: 50, end: 60 },
  ];
  assert.deepEqual(planRanges(wanted, { gapBytes: 5, rangesMax: 9 }), [
    { offset: 0, end: 20 },
    { offset: 50, end: 60 },
    { offset: 100, end: 110 },
  ]);
  assert.deepEqual(planRanges(wanted, { gapBytes: 5, rangesMax: 2 }), [
    { offset: 0, end: 60 },
    { offset: 100, end: 110 },
  ]);
  assert.deepEqual(planRanges(wanted, { gapBytes: 0, rangesMax: 1 }), [{ offset: 0, end: 110 }]);
});

test('plans no more ranges than allowed, apart from each other, around all that is wanted', () => {
  const range = fc
    .tuple(fc.nat(10_000), fc.integer({ min: 1, max: 200 }))
    .map(([offset, size]) => ({ offset, end: offset + size }));
  fc.assert(
    fc.property(
      fc.array(range, { maxLength: 40 }),
      fc.nat(300),
      fc.integer({ min: 1, max: 10 }),
      (wanted, gapBytes, rangesMax) => {
        const planned = planRanges(wanted, { gapBytes, rangesMax });
        assert.ok(planned.length <= rangesMax);
        for (const { offset, end } of wanted)
          assert.ok(planned.some((each) => each.offset <= offset && end <= each.end));
        for (const [i, { offset }] of planned.slice(1).entries())
          assert.ok(offset - (planned[i]?.end ?? 0) > gapBytes);
      },
    ),
  );
});
