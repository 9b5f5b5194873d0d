import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { report, scratch } from './clair.ts';

/** Bytes that do not compress and are the same in every run. */
function noise(seed: string, size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let i = 0; i * 64 < size; i++) pieces.push(createHash('sha512').update(`${seed}${i}`).digest());
  return Buffer.concat(pieces);
}

test('lists the packages of all layers when an image is large enough for two threads', async () => {
  const stanza = (name: string): string =>
    `Package: ${name}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n\n`;
  const image = buildImage({
    compression: 'gzip',
    steps: ['base', 'top'].map((name) => ({
      tar: tar([
        { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
        { path: 'var/lib/dpkg/status', content: stanza('base') + (name === 'top' ? stanza('top') : '') },
        { path: `opt/${name}`, content: noise(name, 13 * 1024 * 1024) },
      ]),
    })),
  });
  const layout = join(scratch, 'two-threads');
  await writeFiles(layout, ociFiles([image]));
  const { packages, layers } = report('scan', layout, '--offline', '--db', ':memory:');
  assert.deepEqual(
    packages.map(({ name, location }) => [name, location.layer]),
    [
      ['base', layers[0]?.diffId],
      ['top', layers[1]?.diffId],
    ],
  );
});
