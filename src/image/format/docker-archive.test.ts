import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { openImage } from '../open-image.ts';

/** Returns the configuration of an image without layers, for an architecture. */
function configuration(architecture: string): string {
  return JSON.stringify({ os: 'linux', architecture, rootfs: { type: 'layers', diff_ids: [] } });
}

/** Returns a member whose name consists of these bytes. */
function named(bytes: readonly number[], content: string): TarEntryPlan {
  return { path: 'x', content, raw: { name: Buffer.from(bytes) } };
}

test('takes the same member as Go when a name in manifest.json has half of a surrogate pair', async (t) => {
  // Go reads each half as U+FFFD. A name with the byte 0xff is another one.
  const meant = named([0xef, 0xbf, 0xbd], configuration('amd64'));
  const other = named([0xff], configuration('arm64'));
  for (const half of ['\\udcff', '\\ud800', '\\uDFFF'])
    for (const members of [
      [meant, other],
      [other, meant],
    ]) {
      const path = join(temporaryDirectory(t), 'image.tar');
      const manifest = { path: 'manifest.json', content: `[{"Config":"${half}","Layers":[]}]` };
      writeFileSync(path, tar([...members, manifest]));
      assert.equal((await openImage(path)).target.platform, 'linux/amd64', half);
    }
});
