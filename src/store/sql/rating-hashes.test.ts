import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RatingHashes } from './rating-hashes.ts';

const id = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1999, max: 2002 }), fc.integer({ min: 1, max: 20_000 }))
    .map(([year, number]) => `CVE-${year}-${String(number).padStart(4, '0')}`),
  fc.constantFrom('', 'GHSA-aaaa-bbbb-cccc', 'CVE-2000-007', 'CVE-2000-0', 'CVE-2000-00', 'é', 'CVE-2000-'),
);
const hash = fc.constantFrom('a'.repeat(22), 'b'.repeat(44), 'c');
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), id, hash }),
  fc.record({ do: fc.constantFrom('name' as const, 'delete' as const), id, hash }),
);

test('keeps hashes, named ids and deleted ids as a map would', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3000, size: 'max' }), (steps) => {
      const hashes = new RatingHashes();
      const map = new Map<string, string | null>();
      for (const { do: action, id: one, hash: text } of steps) {
        if (action === 'add') {
          hashes.add(one, text);
          map.set(one, text);
        } else if (action === 'name') {
          hashes.name(one);
          map.set(one, null);
        } else {
          hashes.delete(one);
          map.delete(one);
        }
        assert.equal(hashes.find(one), map.get(one));
        assert.equal(hashes.size, map.size);
      }
      const unnamed = [...map].flatMap(([one, text]) => (text === null ? [] : [one]));
      assert.deepEqual([...hashes.unnamed()].sort(), unnamed.sort());
      for (const [one, text] of map) assert.equal(hashes.find(one), text);
    }),
    { numRuns: 20 },
  );
});

test('keeps a hash of an impossible length as one that equals none', () => {
  const hashes = new RatingHashes();
  for (const impossible of ['', 'x'.repeat(45), 'x'.repeat(300)]) {
    hashes.add('CVE-2024-1', impossible);
    assert.equal(hashes.find('CVE-2024-1'), '?');
  }
  assert.deepEqual([...hashes.unnamed()], ['CVE-2024-1']);
});
