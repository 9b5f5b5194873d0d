import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { limits } from '../core/limits.ts';
import { buildImage, dockerArchive } from '../testing/image-builder.ts';
import { isErrorWith } from '../testing/registry-harness.ts';
import { temporaryDirectory } from '../testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../testing/tar-writer.ts';
import { openImage } from './open-image.ts';

const image = dockerArchive(buildImage({ steps: [{ tar: tar([]) }], tags: ['shop:1'] }));

test('refuses a member below a link when other names sort between the two', async (t) => {
  const layers = async (...entries: readonly TarEntryPlan[]): Promise<number> => {
    const path = join(temporaryDirectory(t), 'image.tar');
    writeFileSync(path, Buffer.concat([tar(entries, { endBlocks: 0 }), image]));
    return (await openImage(path)).layers.length;
  };
  const link: TarEntryPlan = { path: 'here', type: 'symlink', target: '.' };
  const others = ['here-1', 'here.d/x', 'herf/x'].map((path) => ({ path, content: 'x' }));
  assert.equal(await layers(link, ...others), 1);
  await assert.rejects(
    layers(...others, { path: 'here/a/b', content: 'x' }, link),
    isErrorWith('target-corrupt', /here\/a\/b below here, which is a link/),
  );
});

test('refuses member names that no file can have, and names with too many characters in total', async (t) => {
  const path = join(temporaryDirectory(t), 'image.tar');
  writeFileSync(
    path,
    Buffer.concat([tar([{ path: `${'a/'.repeat(limits.pathBytes / 2)}x` }], { endBlocks: 0 }), image]),
  );
  await assert.rejects(
    openImage(path),
    isErrorWith('limit-exceeded', /a member with a name longer than 4096 bytes/),
  );
  const count = limits.archiveNameCharacters / limits.pathBytes + 10;
  const names = Array.from({ length: count }, (_, i) => String(i).padEnd(limits.pathBytes, '/a'));
  writeFileSync(path, tar(names.map((name) => ({ path: name, content: '' }))));
  await assert.rejects(
    openImage(path),
    isErrorWith('limit-exceeded', /member names of more than 16777216 characters in total/),
  );
});
