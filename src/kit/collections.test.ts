import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitIntoChunks } from './collections.ts';

test('splits a list into parts of a size and a shorter rest', () => {
  assert.deepEqual([...splitIntoChunks([1, 2, 3, 4, 5], 2)], [[1, 2], [3, 4], [5]]);
  assert.deepEqual([...splitIntoChunks([1, 2], 2)], [[1, 2]]);
  assert.deepEqual([...splitIntoChunks([], 2)], []);
});
