import assert from 'node:assert/strict';
import { test } from 'node:test';
import { padded } from './padded.ts';

test('repeats the last item of a list up to a power of two', () => {
  assert.deepEqual(padded([]), []);
  assert.deepEqual(padded(['a']), ['a']);
  assert.deepEqual(padded(['a', 'b', 'c']), ['a', 'b', 'c', 'c']);
  for (const length of [4, 5, 100, 500])
    assert.equal(padded(new Array(length).fill(1)).length, 2 ** Math.ceil(Math.log2(length)));
});
