import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { limits } from '../core/limits.ts';
import type { Digest } from '../model/digest.ts';
import { temporaryDirectory } from '../testing/shard-files.ts';
import { directoryPlace } from './directory-place.ts';
import type { BlobReference, Catalogue, CatalogueShard } from './documents.ts';
import { fetchShard, readShard } from './fetch-shard.ts';
import { blobPath, findDatabase, openManifest, type PublishedDatabase } from './layout.ts';
import { LayoutWriter } from './layout-writer.ts';
import { publishedVersions } from './published-versions.ts';
import { cachedShardPath, isCached } from './shard-cache.ts';

const content = Buffer.from('the advisories of a namespace '.repeat(500));

test('reads back what was published', async (t) => {
  const directory = temporaryDirectory(t);
  const catalogue = await published(directory, content);
  const database = databaseIn(directory);
  assert.deepEqual(database.catalogue, catalogue);
  assert.deepEqual(await readShard(directoryPlace(directory), shardOf(database)), content);
  assert.deepEqual(openManifest(directory, database.digest)?.catalogue, catalogue);
});

test('makes a patch from the content before that any zstd turns into the new content', async (t) => {
  const directory = temporaryDirectory(t);
  const before = randomBytes(200_000);
  const after = Buffer.concat([before.subarray(0, 90_000), Buffer.from('changed'), before.subarray(90_000)]);
  const writer = new LayoutWriter(directory);
  const patch = await writer.addPatch(after, before, 1000);
  assert.ok(patch !== undefined && patch.size < 200, String(patch?.size));
  const bytes = readFileSync(blobPath(directory, patch.digest));
  assert.deepEqual(zstdDecompressSync(bytes, { dictionary: before }), after);
  assert.equal(await writer.addPatch(randomBytes(200_000, 'other'), before, 1000), undefined);
});

test('refuses a shard that inflates to more than its size', async (t) => {
  const directory = temporaryDirectory(t);
  await published(directory, content);
  const bomb = addBlob(directory, zstdCompressSync(Buffer.alloc(64 * 1024 * 1024)));
  const shard = { ...shardOf(databaseIn(directory)), blob: bomb };
  await assert.rejects(
    readShard(directoryPlace(directory), shard),
    damagedBy(/it cannot be inflated to at most 15000 bytes/),
  );
});

test('refuses a shard that inflates to other bytes, or to fewer', async (t) => {
  const directory = temporaryDirectory(t);
  await published(directory, content);
  for (const other of [Buffer.from(content).fill(7, 10, 11), content.subarray(1), Buffer.alloc(0)]) {
    const shard = { ...shardOf(databaseIn(directory)), blob: addBlob(directory, zstdCompressSync(other)) };
    await assert.rejects(readShard(directoryPlace(directory), shard), damagedBy(/it inflates to sha256:/));
  }
});

test('refuses a catalogue that inflates beyond the limit', async (t) => {
  const directory = temporaryDirectory(t);
  const bomb = zstdCompressSync(Buffer.alloc(limits.catalogueBytes + 1, '"'));
  publishManifest(directory, { layers: [catalogueLayer(directory, bomb)] });
  assert.throws(() => databaseIn(directory), damagedBy(/it cannot be inflated to at most 16777216 bytes/));
});

const entry = { mediaType: 'application/vnd.clair.db.catalogue.v1+zstd' };

for (const [name, layer, message] of [
  ['of another digest', { ...entry, data: 'AAAA' }, /it has 3 bytes instead of \d+/],
  ['that is not JSON', { content: '{' }, /it is not JSON/],
  ['of another form', { content: '{"version":1}' }, /it is malformed at built/],
  ['with a size above the limit', { ...entry, size: 2 ** 40 }, /more than 16777216/],
] as const)
  test(`refuses a catalogue ${name}`, (t) => {
    const directory = temporaryDirectory(t);
    const bytes = zstdCompressSync(Buffer.from('content' in layer ? layer.content : '{}'));
    publishManifest(directory, { layers: [{ ...catalogueLayer(directory, bytes), ...layer }] });
    assert.throws(() => databaseIn(directory), damagedBy(message));
  });

test('refuses a shard in the catalogue that is larger than the limit, or too many namespaces', async (t) => {
  const directory = temporaryDirectory(t);
  const catalogue = await published(directory, content);
  const shard = shardOf(databaseIn(directory));
  for (const [changed, message] of [
    [{ 'debian:12': { ...shard, size: limits.shardBytes + 1 } }, /shards\.debian:12\.size: too large/],
    [
      Object.fromEntries(Array.from({ length: limits.shards + 1 }, (_, i) => [`n:${i}`, shard])),
      /shards: too many namespaces/,
    ],
  ] as const) {
    const bytes = zstdCompressSync(Buffer.from(JSON.stringify({ ...catalogue, shards: changed })));
    publishManifest(directory, { layers: [catalogueLayer(directory, bytes)] });
    assert.throws(() => databaseIn(directory), damagedBy(message));
  }
});

test('refuses a manifest without a catalogue, and an index without a database of its form', async (t) => {
  const directory = temporaryDirectory(t);
  await published(directory, content);
  const index = readFileSync(join(directory, 'index.json'), 'utf8');
  writeFileSync(join(directory, 'index.json'), index.replace('ref.name":"1"', 'ref.name":"2"'));
  assert.throws(() => databaseIn(directory), {
    code: 'feed-unavailable',
    message: /lists no database of the form 1/,
  });
  publishManifest(directory, { layers: [] });
  assert.throws(() => databaseIn(directory), damagedBy(/it has no catalogue/));
});

test('reads the version before as long as the index names it, wherever the publisher was killed', async (t) => {
  const directory = temporaryDirectory(t);
  const first = await published(directory, content);
  const before = temporaryDirectory(t);
  cpSync(directory, before, { recursive: true });
  await published(directory, Buffer.from('new content'));
  const blobs = join(directory, 'blobs/sha256');
  const added = readdirSync(blobs).filter(
    (name) => !readdirSync(join(before, 'blobs/sha256')).includes(name),
  );
  assert.equal(added.length, 3);
  // A killed publisher has written some of the new files, and left the draft of another.
  for (const name of [...added, `${added[0] ?? ''}.1.part`]) {
    if (name.endsWith('.part')) writeFileSync(join(before, 'blobs/sha256', name), 'dra');
    else cpSync(join(blobs, name), join(before, 'blobs/sha256', name));
    const database = databaseIn(before);
    assert.deepEqual(database.catalogue, first);
    assert.deepEqual(await readShard(directoryPlace(before), shardOf(database)), content);
  }
  // The next run of the publisher succeeds.
  await published(before, Buffer.from('new content'));
  assert.deepEqual(
    await readShard(directoryPlace(before), shardOf(databaseIn(before))),
    Buffer.from('new content'),
  );
});

test('unpacks a shard again if the file in the cache is cut off', async (t) => {
  const directory = temporaryDirectory(t);
  await published(directory, content);
  const shard = shardOf(databaseIn(directory));
  const cache = temporaryDirectory(t);
  assert.equal(isCached(cache, shard), false);
  await fetchShard(directoryPlace(directory), shard, cache);
  assert.equal(isCached(cache, shard), true);
  writeFileSync(cachedShardPath(cache, shard), content.subarray(0, 100));
  assert.equal(isCached(cache, shard), false);
  await fetchShard(directoryPlace(directory), shard, cache);
  assert.deepEqual(readFileSync(cachedShardPath(cache, shard)), content);
  assert.equal(readdirSync(join(cache, 'shards')).length, 1);
});

test('keeps the files of earlier versions, and deletes unused ones after an hour', async (t) => {
  const directory = temporaryDirectory(t);
  for (const text of ['one', 'two', 'three']) await published(directory, Buffer.from(text));
  const current = databaseIn(directory);
  assert.equal(publishedVersions(current, 7).length, 3);
  const kept = new Set(publishedVersions(current, 2).flatMap(({ blobs }) => blobs));
  const writer = new LayoutWriter(directory);
  assert.equal(writer.removeUnused(kept, new Date()), 0);
  assert.equal(writer.removeUnused(kept, new Date(Date.now() + 2 * 3_600_000)), 3);
  assert.equal(publishedVersions(databaseIn(directory), 7).length, 2);
});

function databaseIn(directory: string): PublishedDatabase {
  return findDatabase(directory) ?? assert.fail();
}

/** Publishes a database with one shard. */
async function published(directory: string, bytes: Buffer): Promise<Catalogue> {
  const before = findDatabase(directory);
  const writer = new LayoutWriter(directory);
  const shard: CatalogueShard = {
    scheme: 'dpkg',
    digest: digestOf(bytes),
    size: bytes.length,
    blob: await writer.addCompressed(bytes),
    patches: {},
    content: digestOf(bytes),
    block: 1,
    records: 1,
    rows: 1,
    canaries: ['CVE-2026-0001'],
    feeds: [],
  };
  const catalogue: Catalogue = {
    version: (before?.catalogue.version ?? 0) + 1,
    built: '2026-11-27T06:00:00.000Z',
    before: before?.digest ?? null,
    keys: { dpkg: 1 },
    ratings: [],
    shards: { 'debian:12': shard },
  };
  await writer.publish(catalogue);
  return catalogue;
}

function shardOf({ catalogue }: { readonly catalogue: Catalogue }): CatalogueShard {
  return catalogue.shards['debian:12'] ?? assert.fail();
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** Writes a blob without the writer under test. */
function addBlob(directory: string, bytes: Buffer): BlobReference {
  const digest = digestOf(bytes);
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
  writeFileSync(blobPath(directory, digest), bytes);
  return { digest, size: bytes.length };
}

function catalogueLayer(directory: string, bytes: Buffer): object {
  return { ...entry, ...addBlob(directory, bytes) };
}

function publishManifest(directory: string, manifest: object): void {
  const reference = addBlob(directory, Buffer.from(JSON.stringify(manifest)));
  const annotations = { 'org.opencontainers.image.ref.name': '1' };
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({ manifests: [{ ...reference, annotations }] }),
  );
}

function damagedBy(reason: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'feed-corrupt');
    assert.match(error.message, /^the published database is damaged at /);
    assert.match(error.message, reason);
    return true;
  };
}

/** Returns bytes that cannot be compressed, and that are the same in each run. */
function randomBytes(length: number, seed = 'seed'): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < length; i++) parts.push(createHash('sha256').update(`${seed} ${i}`).digest());
  return Buffer.concat(parts).subarray(0, length);
}
