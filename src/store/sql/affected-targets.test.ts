import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keys } from '../../testing/store-content.ts';
import { mergeRanges, rangeContains } from './affected-targets.ts';

const bytes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 2 });
const range = fc.tuple(bytes, bytes).map(([lo, hi]) => keys(lo, hi));

test('merges ranges into rising ones with gaps and the same keys', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), bytes, (ranges, key) => {
      const merged = mergeRanges(ranges);
      const isHeld = (list: typeof ranges) => list.some((item) => rangeContains(item, Uint8Array.from(key)));
      assert.equal(isHeld(merged), isHeld(ranges));
      for (const [i, { lo, hi }] of merged.entries()) {
        assert.ok(Buffer.compare(lo, hi) < 0);
        const before = merged[i - 1];
        assert.ok(before === undefined || Buffer.compare(before.hi, lo) < 0);
      }
    }),
    { numRuns: 1000 },
  );
});

test('merges ranges that overlap, touch or contain each other', () => {
  assert.deepEqual(mergeRanges([keys([3], [5]), keys([1], [4])]), [keys([1], [5])]);
  assert.deepEqual(mergeRanges([keys([1], [3]), keys([3], [5])]), [keys([1], [5])]);
  assert.deepEqual(mergeRanges([keys([1], [5]), keys([2], [3])]), [keys([1], [5])]);
  assert.deepEqual(mergeRanges([keys([1], [2]), keys([3], [4]), keys([0xff], [])]), [
    keys([1], [2]),
    keys([3], [4]),
  ]);
});
