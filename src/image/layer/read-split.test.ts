import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { runAheadTask } from '../../kit/decompress/split/ahead-task.ts';
import { splitPlan } from '../../kit/decompress/split/split-plan.ts';
import type { Digest } from '../../model/digest.ts';
import { failureOf } from '../../testing/failure.ts';
import { sha256 } from '../../testing/image-builder.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { tar } from '../../testing/tar-writer.ts';
import type { ImageLayer } from '../image-layer.ts';
import type { ReadOptions } from './layer-walk.ts';
import { readLayers } from './read-layer.ts';
import { WantedPaths } from './wanted-paths.ts';

const content = tar([
  { path: 'first', content: randomBytes(70_000) },
  { path: 'etc/os-release', content: 'ID=alpine\n' },
  { path: 'last', content: Buffer.alloc(900_000) },
]);
const params = { [constants.ZSTD_c_checksumFlag]: 1 };
const oneFrame = zstdCompressSync(content, { params });

const options: ReadOptions = { wanted: new WantedPaths(['etc/os-release']), verify: false };
/** All work of the second thread is done before that of the first one begins, so it may be far ahead. */
const plan = { ...splitPlan, gridBytes: 4096, aheadBytes: 8 * 1024 * 1024 };

/** Reads a layer, with what the second thread was given to do. */
async function readDivided(layer: ImageLayer): Promise<{ result: unknown; hashes: boolean[] }> {
  const hashes: boolean[] = [];
  const inflateAhead = (task: Parameters<typeof runAheadTask>[0]): Promise<string> => {
    hashes.push(task.algorithm !== undefined);
    return Promise.resolve(runAheadTask(task));
  };
  const split = { inflateAhead, bytesMin: 1, plan };
  const result = await readLayers([layer], { ...options, split }, ({ collected, verified }) => ({
    collected,
    verified,
  }));
  return { result, hashes };
}

function layerOf(t: TestContext, bytes: Buffer, digest: Digest = sha256(bytes)): ImageLayer {
  const path = join(temporaryDirectory(t), 'blob');
  writeFileSync(path, bytes);
  const place = { kind: 'file', path, offset: 0, size: bytes.length, stamp: '' } as const;
  return { place, compression: 'zstd', sizeBytes: bytes.length, digest };
}

test('lets the second thread inflate a zstd layer of one frame, and hashes it on the first', async (t) => {
  const layer = layerOf(t, oneFrame);
  const { result, hashes } = await readDivided(layer);
  const whole = await readLayers([layer], options, ({ collected, verified }) => ({ collected, verified }));
  assert.deepEqual(result, whole);
  assert.deepEqual(hashes, [false]);
});

test('refuses a zstd layer of one frame with the error of one thread', async (t) => {
  const changed = Buffer.from(oneFrame);
  changed[60_000] = (changed[60_000] ?? 0) ^ 0xff;
  const layers: readonly ImageLayer[] = [
    // Bytes that the image does not have.
    layerOf(t, changed, sha256(oneFrame)),
    layerOf(t, oneFrame, sha256('another')),
    // Bytes of the image that cannot be inflated.
    layerOf(t, changed),
    layerOf(t, oneFrame.subarray(0, -3)),
    layerOf(t, Buffer.concat([oneFrame, Buffer.from('garbage')])),
    layerOf(t, zstdCompressSync(content.subarray(0, 60_000))),
  ];
  for (const layer of layers) {
    const failure = await failureOf(readDivided(layer));
    assert.match(failure, /^target-corrupt: layer /);
    assert.equal(failure, await failureOf(readLayers([layer], options, () => undefined)));
  }
});
