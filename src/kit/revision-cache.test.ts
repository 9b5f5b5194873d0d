import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RevisionCache } from './revision-cache.ts';

function cacheOf(weightMax: number): RevisionCache<string> {
  return new RevisionCache(weightMax, ({ length }) => length);
}

test('returns a value for the revision that it was made from only', () => {
  const cache = cacheOf(10);
  cache.set('one', 'first', 'a');
  assert.equal(cache.get('one', 'first'), 'a');
  assert.equal(cache.get('one', 'second'), undefined);
  assert.equal(cache.get('two', 'first'), undefined);
  cache.set('one', 'second', 'b');
  assert.equal(cache.get('one', 'second'), 'b');
  assert.equal(cache.get('one', 'first'), undefined);
});

test('drops the values that were used least recently when all weigh too much', () => {
  const cache = cacheOf(9);
  for (const key of ['one', 'two', 'three']) cache.set(key, 'r', 'aaa');
  assert.ok(cache.get('one', 'r'));
  cache.set('four', 'r', 'aaa');
  const has = ['one', 'two', 'three', 'four'].map((key) => cache.get(key, 'r') !== undefined);
  assert.deepEqual(has, [true, false, true, true]);
});

test('keeps the others when one value weighs more than all may', () => {
  const cache = cacheOf(9);
  cache.set('one', 'r', 'aaa');
  cache.set('huge', 'r', 'a'.repeat(10));
  assert.equal(cache.get('huge', 'r'), undefined);
  assert.ok(cache.get('one', 'r'));
});

test('counts the weight of a replaced value no longer', () => {
  const cache = cacheOf(9);
  cache.set('one', 'r', 'aaa');
  for (const revision of ['r', 's', 't']) cache.set('two', revision, 'aaaaaa');
  assert.ok(cache.get('one', 'r'));
});
