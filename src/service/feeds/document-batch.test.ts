import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import type { DocumentText } from '../../plugin/advisory-source.ts';
import { parseBatch, recordsIn } from './document-batch.ts';

/** Yields the bytes of a text, and fails at a zero. */
function* bytesOf({ context, bytes }: DocumentText): Generator<string> {
  for (const byte of bytes) {
    if (byte === 0) throw new ClairError('limit-exceeded', `${context} has a zero`, { limit: 'feedBytes' });
    yield `${context}${byte}`;
  }
}

test('gives the records of each text, then its error', () => {
  const memory = new SharedArrayBuffer(8);
  new Uint8Array(memory).set([9, 1, 2, 3, 4, 0, 5, 9]);
  const texts = [
    { context: 'a', start: 1, length: 2 },
    { context: 'b', start: 3, length: 4 },
    { context: 'c', start: 2, length: 0 },
  ];
  const batch = { source: 's', feed: 'f', url: 'u', memory, texts };
  // As it passes between threads.
  const [a, b, c] = JSON.parse(JSON.stringify(parseBatch(batch, bytesOf))) as ReturnType<typeof parseBatch>;
  assert.ok(a && b && c);
  assert.deepEqual([...recordsIn(a)], ['a1', 'a2']);
  assert.deepEqual([...recordsIn(c)], []);
  const records: unknown[] = [];
  assert.throws(
    () => {
      for (const record of recordsIn(b)) records.push(record);
    },
    { name: 'ClairError', code: 'limit-exceeded', limit: 'feedBytes', message: 'b has a zero' },
  );
  assert.deepEqual(records, ['b3', 'b4']);
});

test('gives one record for a text of which a reader returns one', () => {
  const batch = { source: 's', feed: 'f', url: 'u', memory: new SharedArrayBuffer(1) };
  const texts = [{ context: 'a', start: 0, length: 1 }];
  const [parsed] = parseBatch({ ...batch, texts }, ({ context }) => ({ id: context }));
  assert.deepEqual(parsed, { records: [{ id: 'a' }] });
});
