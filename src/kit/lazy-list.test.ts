import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonOfList, lazyList } from './lazy-list.ts';

function numbered(length: number): {
  readonly list: readonly { readonly n: number }[];
  readonly read: number[];
} {
  const read: number[] = [];
  const elementAt = (n: number): { n: number } => {
    read.push(n);
    return { n };
  };
  return { list: lazyList({ length, elementAt, json: '[…]' }), read };
}

test('reads only the element that is used, and only once', () => {
  const { list, read } = numbered(1000);
  assert.equal(list.length, 1000);
  assert.deepEqual([list[7], list[7]], [{ n: 7 }, { n: 7 }]);
  assert.equal(list[1000], undefined);
  assert.deepEqual(read, [7]);
});

test('has all elements in every other use', () => {
  const expected = [{ n: 0 }, { n: 1 }, { n: 2 }];
  const uses: ((list: readonly { readonly n: number }[]) => unknown)[] = [
    (list) => [...list],
    (list) => list.map(({ n }) => ({ n })),
    (list) => list.filter(({ n }) => n >= 0),
    (list) => list.flatMap((element) => [element]),
    (list) => list.toSorted((a, b) => a.n - b.n),
    (list) => Array.from(list.entries(), ([, element]) => element),
    (list) => Object.values(list),
    (list) => JSON.parse(JSON.stringify(list)) as unknown,
    (list) => list.slice(0),
    (list) => list.concat([]),
  ];
  for (const use of uses) assert.deepEqual(use(numbered(3).list), expected);
  assert.equal(Array.isArray(numbered(3).list), true);
  assert.equal(
    numbered(3).list.some(({ n }) => n === 2),
    true,
  );
});

test('gives its elements as JSON, which a list made from it does not have', () => {
  const { list, read } = numbered(3);
  assert.equal(jsonOfList(list), '[…]');
  assert.deepEqual(read, []);
  assert.equal(jsonOfList(list.filter(({ n }) => n >= 0)), undefined);
  assert.equal(jsonOfList([]), undefined);
});
