import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunksOf } from './chunks.ts';

test('a list comes in parts of a size, with what is left at last', () => {
  assert.deepEqual([...chunksOf([1, 2, 3, 4, 5], 2)], [[1, 2], [3, 4], [5]]);
  assert.deepEqual([...chunksOf([1, 2], 2)], [[1, 2]]);
  assert.deepEqual([...chunksOf([], 2)], []);
});
