import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from '../../kit/decompress/compression.ts';
import { failureOf } from '../../testing/failure.ts';
import { sha256 } from '../../testing/image-builder.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { tar } from '../../testing/tar-writer.ts';
import type { ImageLayer } from '../image-layer.ts';
import type { ReadOptions } from './layer-walk.ts';
import { readLayers } from './read-layer.ts';
import { readLayerStream } from './read-stream.ts';
import { WantedPaths } from './wanted-paths.ts';

const options: ReadOptions = { wanted: new WantedPaths(['etc/os-release']), verify: false };
const content = tar([
  { path: 'a', content: 'a'.repeat(3000) },
  { path: 'b', content: createHash('sha512').update('b').digest() },
  { path: 'etc/os-release', content: 'ID=alpine\n' },
]);
const forms: readonly (readonly [Compression, Uint8Array])[] = [
  ['none', content],
  ['gzip', gzipSync(content)],
  ['zstd', zstdCompressSync(content)],
];

/** Yields copies of the layer with one byte flipped, at one of a few positions. Some of the copies are still readable archives. */
function* damaged(bytes: Uint8Array): Generator<Uint8Array> {
  for (const at of [5, 20, 150, Math.floor(bytes.length / 2), bytes.length - 10].filter(
    (place) => place < bytes.length,
  )) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    yield changed;
  }
}

function layerOf(t: TestContext, bytes: Uint8Array, rest: Partial<ImageLayer>): ImageLayer {
  const path = join(temporaryDirectory(t), 'blob');
  writeFileSync(path, bytes);
  const place = { kind: 'file', path, offset: 0, size: bytes.length, stamp: '' } as const;
  return { place, compression: 'none', sizeBytes: bytes.length, ...rest };
}

test('reports that a layer on disk is damaged when a byte is flipped', async (t) => {
  for (const [compression, bytes] of forms) {
    const digest = sha256(bytes);
    for (const verify of [false, true]) {
      for (const changed of damaged(bytes)) {
        const layer = layerOf(t, changed, { compression, digest });
        const failure = await failureOf(readLayers([layer], { ...options, verify }, () => undefined));
        // Skipped bytes are not hashed if the archive is readable.
        if (compression === 'none' && !verify && failure === 'none') continue;
        assert.equal(
          failure,
          `target-corrupt: layer ${digest}: its digest is ${sha256(changed)}, not ${digest} as the image says: it is damaged`,
        );
      }
    }
  }
});

test('reports that an uncompressed layer with only a diffID is damaged when its archive cannot be read', async (t) => {
  const diffId = sha256(content);
  const changed = Uint8Array.from(content);
  changed.fill(0x78, 3584, 3840);
  for (const verify of [false, true])
    assert.equal(
      await failureOf(readLayers([layerOf(t, changed, { diffId })], { ...options, verify }, () => undefined)),
      `target-corrupt: layer ${diffId}: its diffID is ${sha256(changed)}, not ${diffId} as the image says: it is damaged`,
    );
});

test('reports that a streamed layer is damaged when a byte is flipped', async () => {
  for (const [, bytes] of forms) {
    const digest = sha256(bytes);
    for (const changed of damaged(bytes)) {
      const pieces = (async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < changed.length; at += 700) yield changed.subarray(at, at + 700);
      })();
      assert.equal(
        await failureOf(readLayerStream({ name: digest, claims: { digest }, bytes: pieces }, options)),
        `target-corrupt: layer ${digest}: its digest is ${sha256(changed)}, not ${digest} as the image says: it is damaged`,
      );
    }
  }
});

test('reports the error in the archive when the digest of the layer is right', async (t) => {
  const bytes = Buffer.from('x'.repeat(2000));
  for (const verify of [false, true])
    assert.match(
      await failureOf(
        readLayers([layerOf(t, bytes, { digest: sha256(bytes) })], { ...options, verify }, () => undefined),
      ),
      /^target-corrupt: layer sha256:\w+ cannot be read: no tar header where one must be/,
    );
  const cut = gzipSync(content).subarray(0, 100);
  assert.match(
    await failureOf(
      readLayers([layerOf(t, cut, { digest: sha256(cut), compression: 'gzip' })], options, () => undefined),
    ),
    /^target-corrupt: layer sha256:\w+ cannot be read: /,
  );
});
