import { writeFileSync } from 'node:fs';
import { limits } from '../../../src/core/limits.ts';
import { builtIn } from '../../../src/extensions.ts';
import { openImage } from '../../../src/image/open-image.ts';
import { analyzeLayers } from '../../../src/service/images/analyze-layers.ts';
import { corpusFiles } from '../corpus-seeds.ts';
import { assertExpectedError, InvariantViolation } from '../invariants.ts';
import { archiveMutations } from '../mutation/archive.ts';
import { tarMutations } from '../mutation/tar.ts';
import { scratchFile } from '../scratch.ts';
import { imageArchives } from '../seed-archives.ts';
import { checkIndexes } from './layer.ts';
import { bytesOf, single, type Target } from './target.ts';

/** Opens and reads an image archive of any format, as the command does. */
export const imageTarget: Target = {
  name: 'image',
  paths: [''],
  seeds: () => [...imageArchives(), ...corpusFiles('images/archives', /\.tar$/, 12)].map(single),
  mutations: [...archiveMutations, ...archiveMutations, ...tarMutations],
  async run(input) {
    const path = scratchFile('image');
    writeFileSync(path, bytesOf(input));
    for (const target of [
      path,
      `docker-archive:${path}`,
      `oci-archive:${path}:clair:1`,
      `rootfs-tar:${path}`,
    ])
      await scan(target);
  },
};

async function scan(target: string): Promise<void> {
  try {
    const { layers } = await openImage(target, { platform: 'linux/amd64' });
    if (layers.length > limits.layersPerImage) throw new InvariantViolation('more layers than the limit');
    for (const { place } of layers)
      if (place.path !== scratchFile('image')) throw new InvariantViolation('a layer is outside the archive');
    checkIndexes(await analyzeLayers(layers.slice(0, 8), builtIn, { verify: false, links: [] }));
  } catch (error) {
    assertExpectedError(error);
  }
}
