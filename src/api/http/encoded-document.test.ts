import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { limits } from '../../core/limits.ts';
import { mayReadReplica, replicaReads } from '../../store/replica-reads.ts';
import { documentCache, EncodedDocument, keptDocument } from './encoded-document.ts';

test('keeps a document while its state holds', async () => {
  const cache = documentCache();
  let [state, renderings] = ['one', 0];
  const read = async (): Promise<string | undefined> => {
    const document = await keptDocument(cache, {
      key: 'report',
      state: () => Promise.resolve(state),
      render: () => Promise.resolve(`${state} ${++renderings}`),
    });
    return document?.plain.toString();
  };
  assert.deepEqual([await read(), await read()], ['one 1', 'one 1']);
  state = 'two';
  assert.deepEqual([await read(), await read()], ['two 2', 'two 2']);
});

test('keeps no document whose state changed while it was made, and none that there is not', async () => {
  const cache = documentCache();
  const states = ['one', 'two'];
  const state = (): Promise<string> => Promise.resolve(states.shift() ?? 'three');
  const made = await keptDocument(cache, { key: 'report', state, render: () => Promise.resolve('text') });
  assert.equal(made?.plain.toString(), 'text');
  const revisions = ['one', 'two', 'three'];
  assert.ok(revisions.every((revision) => cache.get('report', revision) === undefined));
  const render = (): Promise<undefined> => Promise.resolve(undefined);
  assert.equal(await keptDocument(cache, { key: 'report', state, render }), undefined);
});

test('makes a document from the primary server, and asks a replica only whether one holds', async () => {
  const cache = documentCache();
  const asked: string[] = [];
  const note = (what: string): Promise<string> => {
    asked.push(`${what} ${mayReadReplica() ? 'replica' : 'primary'}`);
    return Promise.resolve(what);
  };
  const read = () =>
    keptDocument(cache, { key: 'report', state: () => note('state'), render: () => note('text') });
  await replicaReads.run(true, read);
  assert.deepEqual(asked, ['state replica', 'state primary', 'text primary', 'state primary']);
  await replicaReads.run(true, read);
  assert.deepEqual(asked.slice(4), ['state replica']);
});

test('counts the memory of both forms of a document', () => {
  const cache = documentCache();
  const text = 'a'.repeat(limits.keptDocumentBytes / 5);
  for (const key of ['one', 'two', 'three']) cache.set(key, '', new EncodedDocument(text));
  const isKept = ['one', 'two', 'three'].map((key) => cache.get(key, '') !== undefined);
  assert.deepEqual(isKept, [false, true, true]);
});

test('compresses a document once', async () => {
  const document = new EncodedDocument('text');
  const gzipped = await document.gzipped();
  assert.equal(gunzipSync(gzipped).toString(), 'text');
  assert.equal(await document.gzipped(), gzipped);
});
