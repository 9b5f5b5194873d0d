import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { failureOf } from '../../testing/failure.ts';
import { buildImage, dockerArchive } from '../../testing/image-builder.ts';
import { tar } from '../../testing/tar-writer.ts';
import { openImage } from '../open-image.ts';
import type { LayerReadResult } from './layer-walk.ts';
import { readLayers } from './read-layer.ts';
import { WantedPaths } from './wanted-paths.ts';

const directory = mkdtempSync(join(tmpdir(), 'clair-read-archive-'));
after(() => {
  rmSync(directory, { recursive: true });
});

const image = buildImage({
  steps: ['one', 'two'].map((content) => ({ tar: tar([{ path: 'etc/os-release', content }]) })),
});
const saved = dockerArchive(image);

/** Returns the results of `take` for the layers of an image in a compressed or uncompressed archive. */
async function read(archive: Uint8Array, take: (layer: LayerReadResult) => unknown): Promise<unknown[]> {
  const path = join(directory, 'image.tar');
  writeFileSync(path, archive);
  const { layers } = await openImage(path);
  return await readLayers(layers, { wanted: new WantedPaths(['etc/os-release']), verify: true }, take);
}

for (const [what, archive] of [
  ['an archive', saved],
  ['a compressed archive', gzipSync(saved)],
] as const) {
  test(`passes on the layers of ${what} in order, synchronously or not`, async () => {
    const textOf = ({ collected }: LayerReadResult): string =>
      Buffer.from(collected.files.get('etc/os-release') ?? []).toString();
    assert.deepEqual(await read(archive, textOf), ['one', 'two']);
    assert.deepEqual(await read(archive, (layer) => Promise.resolve(textOf(layer))), ['one', 'two']);
  });

  test(`throws the original error when the result of a layer of ${what} cannot be processed`, async () => {
    const fail = (): never => {
      throw new TypeError('internal error');
    };
    const failLater = (): Promise<never> => Promise.reject(new TypeError('internal error'));
    for (const take of [fail, failLater])
      assert.equal(await failureOf(read(archive, take)), 'a bug: TypeError: internal error');
  });
}
