import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitIntoChunks } from './split-into-chunks.ts';

test('a list comes in parts of a size, with what is left at last', () => {
  assert.deepEqual([...splitIntoChunks([1, 2, 3, 4, 5], 2)], [[1, 2], [3, 4], [5]]);
  assert.deepEqual([...splitIntoChunks([1, 2], 2)], [[1, 2]]);
  assert.deepEqual([...splitIntoChunks([], 2)], []);
});
