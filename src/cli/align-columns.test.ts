import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignColumns, withoutEmptyColumn } from './align-columns.ts';

test('aligns columns by their width on a terminal and escapes control characters', () => {
  assert.deepEqual(alignColumns([['A', 'B'], ['漢字', 'x'], ['\x1b[2J', 'y'], ['z']]), [
    'A        B',
    '漢字     x',
    '\\x1b[2J  y',
    'z',
  ]);
  assert.deepEqual(alignColumns([]), []);
});

test('leaves out a column without values, and keeps one with any', () => {
  const rows = [
    ['ID', 'CELL', 'ERROR'],
    ['1', '-', '-'],
    ['2', '-', 'late'],
  ];
  const without = [
    ['ID', 'ERROR'],
    ['1', '-'],
    ['2', 'late'],
  ];
  assert.deepEqual(withoutEmptyColumn(rows, 'CELL'), without);
  assert.deepEqual(withoutEmptyColumn(rows, 'ERROR'), rows);
});
