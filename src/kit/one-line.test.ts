import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneLine } from './one-line.ts';

test('line breaks, controls and odd spaces become blanks', () => {
  assert.equal(oneLine(' no\r\nsuch\u001b[31m\u00a0\u202eimage\u0000 ', 100), 'no such [31m image');
});

test('what is too long is cut, and says so', () => {
  assert.equal(oneLine('abcdef', 6), 'abcdef');
  assert.equal(oneLine('abcdefg', 6), 'abcdef…');
});
