import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeName, encodeName } from './name.ts';

test('gives different texts for names that differ in a byte, and gives the bytes back', () => {
  const names = ['\xff', '\xfe', '\xef\xbf\xbd', '\xc3\xa9', '\xe9', 'e\xcc\x81', '\xed\xb3\xbf'].map(
    (name) => Buffer.from(name, 'latin1'),
  );
  assert.equal(new Set(names.map(decodeName)).size, names.length);
  for (const name of names) assert.deepEqual(encodeName(decodeName(name)), name);
});

test('encodes what it decodes for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      assert.deepEqual(encodeName(decodeName(Buffer.from(bytes))), Buffer.from(bytes));
    }),
  );
});
