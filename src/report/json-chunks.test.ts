import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonChunks } from './json-chunks.ts';

/** A list whose elements are made while it is written. */
function* lazily<T>(list: readonly T[]): Generator<T> {
  yield* list;
}

test('writes lists of any length as JSON.stringify does, whether they are lazy or not', () => {
  const member = fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(fc.array(member, { maxLength: 200 }), fc.array(member, { maxLength: 5 }), (long, short) => {
      const plain = { long, inner: { short, pairs: short.map((item) => ({ item, list: [item] })) } };
      const lazy = {
        long: lazily(long),
        inner: { short: lazily(short), pairs: lazily(short.map((item) => ({ item, list: lazily([item]) }))) },
      };
      const wanted = `${JSON.stringify(plain, null, 2)}\n`;
      assert.equal([...jsonChunks(plain)].join(''), wanted);
      assert.equal([...jsonChunks(lazy)].join(''), wanted);
    }),
  );
});

test('escapes control characters that JSON permits', () => {
  assert.equal(
    [...jsonChunks({ list: ['a\u007f'], text: 'b\u009b' })].join(''),
    '{\n  "list": [\n    "a\\u007f"\n  ],\n  "text": "b\\u009b"\n}\n',
  );
});
