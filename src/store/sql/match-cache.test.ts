import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import type { StoredHit } from '../image-store.ts';
import { MatchCache } from './match-cache.ts';

function matches(count: number): { position: number; hit: StoredHit }[] {
  return Array.from({ length: count }, (_, position) => ({ position, hit: { id: 'A' } as StoredHit }));
}

test('returns the matches of a set for the revision that they were saved for', () => {
  const cache = new MatchCache();
  cache.set('one', 'first', matches(2));
  assert.equal(cache.get('one', 'first')?.length, 2);
  assert.equal(cache.get('one', 'second'), undefined);
  assert.equal(cache.get('two', 'first'), undefined);
  cache.set('one', 'second', matches(3));
  assert.equal(cache.get('one', 'second')?.length, 3);
});

test('drops the sets that were used least recently when there are too many matches', () => {
  const cache = new MatchCache();
  const third = Math.floor(limits.cachedMatches / 3) - 1;
  for (const set of ['one', 'two', 'three']) cache.set(set, 'r', matches(third));
  assert.ok(cache.get('one', 'r'));
  cache.set('four', 'r', matches(third));
  const has = ['one', 'two', 'three', 'four'].map((set) => cache.get(set, 'r') !== undefined);
  assert.deepEqual(has, [true, false, true, true]);
  cache.set('huge', 'r', matches(limits.cachedMatches));
  assert.equal(cache.get('huge', 'r'), undefined);
  assert.ok(cache.get('four', 'r'));
});
