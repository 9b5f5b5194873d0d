import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackedList } from './packed-list.ts';

test('returns its elements on every iteration', () => {
  const list = new PackedList<{ n: number; text: string }>();
  const values = Array.from({ length: 300 }, (_, n) => ({ n, text: `\n"é€${'x'.repeat((n % 7) * 1000)}` }));
  values.push({ n: -1, text: 'y'.repeat(500_000) }, { n: -2, text: '' });
  for (const value of values) list.push(value);
  assert.deepEqual([...list], values);
  assert.deepEqual([...list], values);
  assert.deepEqual([...new PackedList()], []);
});
