import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFunctions, functionsIn, mergeFunctions } from './function-set.ts';

test('contains every function that was encoded, also after a merge', () => {
  const names = fc.array(fc.string(), { maxLength: 200 });
  fc.assert(
    fc.property(names, names, (first, second) => {
      const merged = mergeFunctions([encodeFunctions(first), encodeFunctions(second)]);
      assert.ok(first.every(functionsIn(encodeFunctions(first))));
      assert.ok([...first, ...second].every(functionsIn(merged ?? '')));
      assert.equal(merged, encodeFunctions([...second, ...first]));
    }),
  );
});

test('rarely contains another function', () => {
  const contains = functionsIn(encodeFunctions(Array.from({ length: 10_000 }, (_, i) => `a.f${i}`)));
  const others = Array.from({ length: 10_000 }, (_, i) => `b.g${i}`).filter(contains);
  assert.ok(others.length < 20, `${others.length}`);
  assert.equal(functionsIn('')('a.f1'), false);
});

test('merges no sets that are too large together, so that the functions count as unknown', () => {
  const sets = Array.from({ length: 30 }, (_, i) =>
    encodeFunctions(Array.from({ length: 10_000 }, (_, j) => `a.f${i}x${j}`)),
  );
  assert.equal(mergeFunctions(sets), undefined);
});

test('takes about two bytes for each function of a large program', () => {
  const text = encodeFunctions(Array.from({ length: 10_000 }, (_, i) => `net/http Server.f${i}`));
  assert.ok(text.length < 30_000, `${text.length}`);
});
