import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../src/core/limits.ts';
import { textOf } from './tree.ts';

const row = /^\| `(\w+)` \| ([^|]+?) \| [^|]+ \|$/gm;

test('the table of limits has every limit with its value, and no other', () => {
  const rows = Array.from(textOf('docs/reference/limits.md').matchAll(row), ([, name, value]) => [
    name,
    value,
  ]);
  assert.deepEqual(
    Object.fromEntries(rows),
    Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, describeLimit(name, value)])),
  );
  assert.equal(rows.length, Object.keys(limits).length);
});

test('formats values with units', () => {
  assert.equal(describeLimit('keptLayerBytes', 200 * 1024 ** 2), '200 MiB');
  assert.equal(describeLimit('pathBytes', 1000), '1,000 bytes');
  assert.equal(describeLimit('idleMs', 30_000), '30 s');
  assert.equal(describeLimit('downloadMs', 7_200_000), '2 h');
  assert.equal(describeLimit('layerMarks', 500_000), '500,000');
});

const sizes = { GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, bytes: 1 };
const spans = { h: 3_600_000, s: 1000, ms: 1 };

/** Formats a limit. The unit is the last word of its name; uses the largest one that gives a whole number. */
function describeLimit(name: string, value: number): string {
  if (name.endsWith('Bytes')) return inUnits(value, sizes);
  return name.endsWith('Ms') ? inUnits(value, spans) : value.toLocaleString('en');
}

function inUnits(value: number, units: Readonly<Record<string, number>>): string {
  const [unit = '', size = 1] = Object.entries(units).find(([, size]) => value % size === 0) ?? [];
  return `${(value / size).toLocaleString('en')} ${unit}`;
}
