import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CapacityInput, capacityFor, capacityInputs, withCapacityTables } from '../../tools/capacity.ts';
import { textOf } from './tree.ts';

test('docs/scale.md has the tables that its figures give: npm run -s capacity', () => {
  const page = textOf('docs/scale.md');
  assert.equal(page, withCapacityTables(page));
});

test('the figures of docs/scale.md are those of docs/performance.md', () => {
  const measured = textOf('docs/performance.md');
  for (const { what, quote, from } of Object.values<CapacityInput>(capacityInputs))
    if (quote !== undefined) assert.ok(measured.includes(quote), `${what}: ${from} gives another figure`);
    else assert.match(from, /assumed|chosen|interval|du -sb/, what);
});

test('a hundred times the images take a hundred times the work for images, and twenty cells', () => {
  const [small, large] = [capacityFor(1e6), capacityFor(1e8)];
  assert.deepEqual([small.cells, large.cells], [1, 20]);
  // 10,000 images a day of 100 MB: 1 TB, which is 92.6 Mbit/s.
  assert.ok(Math.abs(small.megabitsPerSecond - 92.6) < 0.1);
  for (const name of ['scanCores', 'saveCores', 'reportCores', 'megabitsPerSecond'] as const)
    assert.ok(Math.abs(large[name] / small[name] - 100) < 1e-6, name);
});
