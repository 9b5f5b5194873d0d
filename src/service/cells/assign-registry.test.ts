import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellOfRegistry } from './assign-registry.ts';

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { minLength: 1, maxLength: 12 });
const registry = fc.stringMatching(/^[a-z]{1,8}\.example(:[0-9]{4})?$/);

test('assigns a registry to the same cell whatever the order of the cells and the case of its name', () => {
  fc.assert(
    fc.property(registry, names, fc.integer(), (name, cells, seed) => {
      const owner = cellOfRegistry(name, cells);
      const turned = [...cells.slice(seed % cells.length), ...cells.slice(0, seed % cells.length)];
      assert.equal(cellOfRegistry(name.toUpperCase(), turned.toReversed()), owner);
      assert.ok(cells.includes(owner));
    }),
  );
});

test('moves registries only to a further cell, and only from a cell that is gone', () => {
  fc.assert(
    fc.property(registry, names, (name, [further = '', ...cells]) => {
      fc.pre(cells.length > 0);
      const [before, after] = [cellOfRegistry(name, cells), cellOfRegistry(name, [...cells, further])];
      assert.ok(after === before || after === further, `${before} became ${after}`);
    }),
  );
});

test('gives each of n cells an nth of the registries, and moves a share of 1/(n + 1) to a further one', () => {
  const registries = Array.from({ length: 20_000 }, (_, i) => `registry-${i}.example`);
  const cells = ['north', 'east', 'south', 'west'];
  const owners = registries.map((name) => cellOfRegistry(name, cells));
  for (const cell of cells) {
    const share = owners.filter((owner) => owner === cell).length / registries.length;
    assert.ok(Math.abs(share - 1 / 4) < 0.02, `${cell} has ${share}`);
  }
  const further = registries.map((name) => cellOfRegistry(name, [...cells, 'centre']));
  const moved = further.filter((owner, i) => owner !== owners[i]).length / registries.length;
  assert.ok(Math.abs(moved - 1 / 5) < 0.02, `${moved} moved`);
});
