import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trimCharacters, trimCharactersEnd } from './collections.ts';

test('trimCharactersEnd removes characters at the end only', () => {
  assert.equal(trimCharactersEnd('//a//b//', '/'), '//a//b');
  assert.equal(trimCharactersEnd('a) )', ' )'), 'a');
  assert.equal(trimCharactersEnd('///', '/'), '');
  assert.equal(trimCharactersEnd('', '/'), '');
  assert.equal(trimCharactersEnd('a', '/'), 'a');
});

test('trimCharacters removes characters at both ends and none within', () => {
  assert.equal(trimCharacters('//a//b//', '/'), 'a//b');
  assert.equal(trimCharacters('///', '/'), '');
  assert.equal(trimCharacters('', '/'), '');
});
