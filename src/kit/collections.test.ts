import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  listSome,
  padToPowerOfTwo,
  splitIntoChunks,
  trimCharacters,
  trimCharactersEnd,
} from './collections.ts';

test('splits a list into parts of a size and a shorter rest', () => {
  assert.deepEqual([...splitIntoChunks([1, 2, 3, 4, 5], 2)], [[1, 2], [3, 4], [5]]);
  assert.deepEqual([...splitIntoChunks([1, 2], 2)], [[1, 2]]);
  assert.deepEqual([...splitIntoChunks([], 2)], []);
});

test('lists the first names and counts the others', () => {
  assert.equal(listSome(['a', 'b', 'c'], 3), 'a, b, c');
  assert.equal(listSome(['a', 'b', 'c', 'd', 'e'], 3), 'a, b, c and 2 more');
  assert.equal(listSome([], 3), '');
});

test('repeats the last item of a list up to a power of two', () => {
  assert.deepEqual(padToPowerOfTwo([]), []);
  assert.deepEqual(padToPowerOfTwo(['a']), ['a']);
  assert.deepEqual(padToPowerOfTwo(['a', 'b', 'c']), ['a', 'b', 'c', 'c']);
  for (const length of [4, 5, 100, 500])
    assert.equal(padToPowerOfTwo(new Array(length).fill(1)).length, 2 ** Math.ceil(Math.log2(length)));
});

test('removes characters at the end of a text only', () => {
  assert.equal(trimCharactersEnd('//a//b//', '/'), '//a//b');
  assert.equal(trimCharactersEnd('a) )', ' )'), 'a');
  assert.equal(trimCharactersEnd('///', '/'), '');
  assert.equal(trimCharactersEnd('', '/'), '');
  assert.equal(trimCharactersEnd('a', '/'), 'a');
});

test('removes characters at both ends of a text and none within', () => {
  assert.equal(trimCharacters('//a//b//', '/'), 'a//b');
  assert.equal(trimCharacters('///', '/'), '');
  assert.equal(trimCharacters('', '/'), '');
});
