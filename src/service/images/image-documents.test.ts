import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import { openImage } from '../../image/open-image.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import { buildImage, dockerFiles } from '../../testing/image-builder.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { indexImage } from './index-image.ts';
import type { IndexedImage } from './indexed-image.ts';
import { LayerAnalyzer } from './layer-analyzer.ts';

const release: TarEntryPlan = { path: 'etc/os-release', content: 'ID=a\n' };

/** Reads an archive with these members below a path prefix. */
async function read(t: TestContext, members: readonly TarEntryPlan[], prefix = ''): Promise<IndexedImage> {
  await using store = await openSqliteStore(':memory:');
  const path = join(temporaryDirectory(t), 'image.tar');
  writeFileSync(path, tar(members));
  const startWorker = (): Promise<never> => Promise.reject(new Error('no thread is needed'));
  return await indexImage(await openImage(`${prefix}${path}`), {
    extensions: builtIn,
    store,
    analyzer: new LayerAnalyzer({ analyzers: builtIn, startWorker }),
    verify: false,
    onProgress: () => undefined,
  });
}

test('rejects an archive when a document of an image follows directories of a root file system', async (t) => {
  // So far behind that the format has been decided by then.
  const large: TarEntryPlan = { path: 'etc/large', content: Buffer.alloc(100_000) };
  for (const name of ['manifest.json', './index.json', 'oci-layout', 'repositories']) {
    const members = [release, large, { path: name, content: '[]' }];
    await assert.rejects(read(t, members), /put rootfs-tar: before its name/, name);
    const { distro } = await read(t, members, 'rootfs-tar:');
    assert.equal(distro?.id, 'a');
  }
});

test('reads an archive when a global header has the name of a document of an image', async (t) => {
  const header: TarEntryPlan = { path: 'x', type: 'pax-global-header', content: '22 path=manifest.json\n' };
  const image = buildImage({ steps: [{ tar: tar([release]) }], tags: ['a:b'] });
  const { distro } = await read(t, [header, ...dockerFiles([image]), header]);
  assert.equal(distro?.id, 'a');
});
