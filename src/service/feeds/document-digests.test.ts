import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { DocumentDigests } from './document-digests.ts';

test('hashes the length of the context, the context and the text, and keeps earlier digests', () => {
  const digests = new DocumentDigests();
  const documents = Array.from({ length: 600 }, (_, i) => ({
    context: `ä context ${i}`,
    bytes: Buffer.alloc(i * 150, i),
  }));
  const all = documents.map((document) => digests.of(document));
  for (const [i, { context, bytes }] of documents.entries()) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(context));
    const expected = createHash('sha256').update(length).update(context).update(bytes).digest();
    assert.deepEqual(all[i], expected);
  }
});
