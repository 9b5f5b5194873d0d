import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignColumns } from './align-columns.ts';

test('aligns columns by their width on a terminal and escapes control characters', () => {
  assert.deepEqual(alignColumns([['A', 'B'], ['漢字', 'x'], ['\x1b[2J', 'y'], ['z']]), [
    'A        B',
    '漢字     x',
    '\\x1b[2J  y',
    'z',
  ]);
  assert.deepEqual(alignColumns([]), []);
});
