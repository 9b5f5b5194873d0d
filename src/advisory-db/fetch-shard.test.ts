import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import type { Digest } from '../model/digest.ts';
import { publishFiles } from '../testing/published-layout.ts';
import {
  blobOf,
  contentOf,
  first,
  hourMs,
  other,
  type PublishedScene,
  publishedScene,
  requestsTo,
  second,
} from '../testing/published-scene.ts';
import { blobPath, findDatabase } from './layout.ts';

function patchOf({ directory }: PublishedScene): Digest {
  const { patches } = findDatabase(directory)?.catalogue.shards['debian:12'] ?? assert.fail();
  return Object.values(patches)[0]?.digest ?? assert.fail();
}

test('fetches the patch of a version that the cache has, instead of the whole file', async (t) => {
  const s = await publishedScene(t);
  await s.find();
  await publishFiles(s.directory, { 'debian:12': second, npm: other });
  requestsTo(s.server);
  assert.equal(contentOf(await s.find('debian:12', { afterMs: 3 * hourMs })), 'second');
  const [, , patch, ...more] = requestsTo(s.server);
  assert.deepEqual([patch, more], [`blobs/sha256/${patchOf(s).slice('sha256:'.length)}`, []]);
  assert.equal(contentOf(await s.find('debian:12', { afterMs: 4 * hourMs })), 'second');
});

for (const [fault, bytes] of [
  ['is damaged', Buffer.from('no zstd')],
  ['leads to other content', zstdCompressSync(Buffer.from(second).reverse(), { dictionary: first })],
  ['is for another version', zstdCompressSync(second, { dictionary: second })],
  ['is a bomb', zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))],
] as const)
  test(`fetches the whole file when a patch ${fault}`, async (t) => {
    const s = await publishedScene(t);
    await s.find();
    await publishFiles(s.directory, { 'debian:12': second, npm: other });
    await replacePatch(s, bytes);
    requestsTo(s.server);
    assert.equal(contentOf(await s.find('debian:12', { afterMs: 3 * hourMs })), 'second');
    assert.equal(requestsTo(s.server).at(-1), blobOf(s));
  });

/** Publishes the current version again, with other bytes as its patch. */
async function replacePatch({ directory }: PublishedScene, bytes: Buffer): Promise<void> {
  const { LayoutWriter } = await import('./layout-writer.ts');
  const { catalogue } = findDatabase(directory) ?? assert.fail();
  const shard = catalogue.shards['debian:12'] ?? assert.fail();
  const { createHash } = await import('node:crypto');
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
  writeFileSync(blobPath(directory, digest), bytes);
  const patches = Object.fromEntries(
    Object.keys(shard.patches).map((from) => [from, { digest, size: bytes.length }]),
  );
  const shards = { ...catalogue.shards, 'debian:12': { ...shard, patches } };
  await new LayoutWriter(directory).publish({ ...catalogue, shards });
}

test('continues a broken download where it stopped, also in the next process', async (t) => {
  const s = await publishedScene(t);
  let cuts = 1;
  s.server.intercept = ({ url = '', headers }, response, content) => {
    if (url !== `/${blobOf(s)}` || cuts === 0) return false;
    cuts--;
    const from = Number(/\d+/.exec(headers.range ?? '0')?.[0]);
    const size = { 'content-length': content.length - from };
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(from === 0 ? 200 : 206, from === 0 ? size : { ...size, ...range });
    response.write(content.subarray(from, from + 1000), () => response.destroy());
    return true;
  };
  assert.equal(contentOf(await s.find()), 'first');
  assert.equal(requestsTo(s.server).at(-1), `${blobOf(s)} bytes=1000-`);
  rmSync(join(s.cache, 'shards'), { recursive: true });
  cuts = 3;
  assert.equal((await s.find()).found, undefined);
  assert.deepEqual(readdirSync(join(s.cache, 'downloads')).length, 1);
  requestsTo(s.server);
  assert.equal(contentOf(await s.find()), 'first');
  assert.deepEqual(requestsTo(s.server), [`${blobOf(s)} bytes=3000-`]);
  assert.deepEqual(readdirSync(join(s.cache, 'downloads')), []);
});

test('fetches a file again from its start when the bytes of a broken download are bad', async (t) => {
  const s = await publishedScene(t);
  s.server.intercept = ({ url = '' }, response, content) => {
    if (url !== `/${blobOf(s)}`) return false;
    response.writeHead(200, { 'content-length': content.length });
    response.write(Buffer.alloc(1000, 7), () => response.destroy());
    return true;
  };
  await s.find();
  s.server.intercept = () => false;
  requestsTo(s.server);
  assert.equal(contentOf(await s.find()), 'first');
  assert.deepEqual(
    requestsTo(s.server).map((path) => path.replace(/\d+-$/, '')),
    [`${blobOf(s)} bytes=`, blobOf(s)],
  );
});
