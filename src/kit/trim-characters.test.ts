import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trimCharacters, trimCharactersEnd } from './trim-characters.ts';

test('drops characters at the end only when asked for the end', () => {
  assert.equal(trimCharactersEnd('//a//b//', '/'), '//a//b');
  assert.equal(trimCharactersEnd('a) )', ' )'), 'a');
  assert.equal(trimCharactersEnd('///', '/'), '');
  assert.equal(trimCharactersEnd('', '/'), '');
  assert.equal(trimCharactersEnd('a', '/'), 'a');
});

test('drops characters at both ends and none within', () => {
  assert.equal(trimCharacters('//a//b//', '/'), 'a//b');
  assert.equal(trimCharacters('///', '/'), '');
  assert.equal(trimCharacters('', '/'), '');
});
