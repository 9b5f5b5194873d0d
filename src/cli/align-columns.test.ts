import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignColumns } from './align-columns.ts';

test('columns line up as a terminal shows them, and it obeys nothing in them', () => {
  assert.deepEqual(alignColumns([['A', 'B'], ['漢字', 'x'], ['\x1b[2J', 'y'], ['z']]), [
    'A        B',
    '漢字     x',
    '\\x1b[2J  y',
    'z',
  ]);
  assert.deepEqual(alignColumns([]), []);
});
