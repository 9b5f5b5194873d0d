import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toSingleLine } from './one-line.ts';

test('line breaks, controls and odd spaces become blanks', () => {
  assert.equal(toSingleLine(' no\r\nsuch\u001b[31m\u00a0\u202eimage\u0000 ', 100), 'no such [31m image');
});

test('what is too long is cut, and says so', () => {
  assert.equal(toSingleLine('abcdef', 6), 'abcdef');
  assert.equal(toSingleLine('abcdefg', 6), 'abcdef…');
});
