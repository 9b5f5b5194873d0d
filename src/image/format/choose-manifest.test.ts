import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../testing/image-builder.ts';
import { chooseManifest, type ImageIndexReader, listManifests } from './choose-manifest.ts';
import type { Descriptor } from './documents.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** Returns an entry of an index, with or without a platform. */
function entry(mediaType: string, name: string, platform?: string): Descriptor {
  const [os, architecture] = platform?.split('/') ?? [];
  const digest = sha256(Buffer.from(name));
  return { mediaType, digest, ...(platform !== undefined && { platform: { os, architecture } }) };
}

const plain = entry(manifestType, 'plain');

/**
 * Chooses for linux/amd64 from an outer index with two entries: a nested index for platform `above` with an image for platform `own`, and
 * an image without a platform.
 */
async function choose(above: string | undefined, own: string | undefined): Promise<Descriptor> {
  const reader: ImageIndexReader = {
    name: 'it',
    readIndex: () => Promise.resolve([entry(manifestType, 'nested', own)]),
  };
  return await chooseManifest(reader, [entry(indexType, 'index', above), plain], { platform: 'linux/amd64' });
}

test('takes an image in a nested index when both have the same platform, or one has none', async () => {
  for (const [above, own] of [
    [undefined, 'linux/amd64'],
    ['linux/amd64', undefined],
    ['Linux/x86_64', 'linux/amd64'],
  ])
    assert.equal((await choose(above, own)).digest, entry(manifestType, 'nested').digest, `${above} ${own}`);
});

test('refuses an image in a nested index when that index is for another platform', async () => {
  for (const [above, own] of [
    ['linux/arm64', 'linux/amd64'],
    ['linux/amd64', 'linux/arm64'],
    ['windows/amd64', 'linux/amd64'],
  ])
    await assert.rejects(choose(above, own), {
      code: 'target-corrupt',
      message: /^it has an index for .* with an image for .*: runtimes differ in which platform they use/,
    });
});

test('does not take an image in an index for another platform when it states none itself', async () => {
  await assert.rejects(choose('linux/arm64', undefined), { code: 'target-not-found' });
});

test('takes the image of a SOCI-enabled index, unless runtimes could take its SOCI index', async () => {
  const reader: ImageIndexReader = {
    name: 'it',
    readIndex: () => Promise.reject(new Error('none is nested')),
  };
  const image = entry(manifestType, 'image', 'linux/amd64');
  const soci = {
    ...entry(manifestType, 'soci', 'linux/amd64'),
    artifactType: 'application/vnd.amazon.soci.index.v2+json',
    annotations: { 'com.amazon.soci.image-manifest-digest': image.digest },
  };
  const chosen = await chooseManifest(reader, [image, soci], { platform: 'linux/amd64' });
  assert.equal(chosen.digest, image.digest);
  const other = { ...soci, annotations: { 'com.amazon.soci.image-manifest-digest': plain.digest } };
  for (const entries of [
    [soci, image],
    [image, other],
    [image, { ...soci, artifactType: 'application/x' }],
    [image, { ...soci, platform: { ...soci.platform, 'os.version': '10' } }],
    [
      { ...image, platform: undefined },
      { ...soci, platform: undefined },
    ],
  ])
    await assert.rejects(chooseManifest(reader, entries, { platform: 'linux/amd64' }), {
      code: 'target-not-found',
    });
});

test('takes the image of a platform that claims to be the SOCI index of another platform', async () => {
  const reader: ImageIndexReader = { name: 'it', readIndex: () => Promise.resolve(undefined) };
  const image = entry(manifestType, 'image', 'linux/arm64');
  const claiming = {
    ...entry(manifestType, 'other', 'linux/amd64'),
    artifactType: 'application/vnd.amazon.soci.index.v2+json',
    annotations: { 'com.amazon.soci.image-manifest-digest': image.digest },
  };
  const entries = [image, claiming];
  assert.equal((await chooseManifest(reader, entries, { platform: 'linux/amd64' })).digest, claiming.digest);
  const all = await listManifests(reader, entries, {});
  assert.deepEqual(
    all.map(({ digest }) => digest),
    [image.digest, claiming.digest],
  );
});
