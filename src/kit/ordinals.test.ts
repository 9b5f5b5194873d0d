import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ordinals } from './ordinals.ts';

const name = fc.oneof(
  fc
    .tuple(fc.constantFrom('oval:com.a:tst:', 'oval:com.b:tst:', ''), fc.nat(3000))
    .map(([prefix, n]) => `${prefix}${n}`),
  fc.constantFrom(
    'a:007',
    'a:7',
    'a:7.0',
    'a: 7',
    'a:1e3',
    'a:1000',
    'a:-1',
    'a:99999999999999999999',
    'a:',
    '',
  ),
);

test('numbers names in order of their first mention, as a map would', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 5000, size: 'max' }), (names) => {
      const ordinals = new Ordinals();
      const map = new Map<string, number>();
      for (const text of names) {
        assert.equal(ordinals.find(text), map.get(text));
        if (!map.has(text)) map.set(text, map.size);
        assert.equal(ordinals.of(text), map.get(text));
      }
      for (const [text, number] of map) assert.equal(ordinals.find(text), number);
    }),
    { numRuns: 20 },
  );
});
