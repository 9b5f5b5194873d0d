import assert from 'node:assert/strict';
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { report } from './clair.ts';
import { dpkgStatus, osRelease } from './v1-client.ts';

/** A time in whole seconds, which every file system can store. */
const written = 1_700_000_000;

const forms = {
  'rootfs-tar': (version: string) => layer(version),
  archive: (version: string) =>
    dockerArchive(buildImage({ steps: [{ tar: layer(version) }], tags: ['shop:1'] })),
};

for (const [form, write] of Object.entries(forms))
  test(`${form}: reads an image again when it was overwritten in place with its old size and time`, (t) => {
    const directory = temporaryDirectory(t);
    const path = join(directory, 'image.tar');
    const database = join(directory, 'clair.db');
    const listed = (): unknown => {
      const target = form === 'archive' ? path : `${form}:${path}`;
      return report('sbom', target, '--db', database).packages.map(({ name, version }) => [name, version]);
    };
    writeFileSync(path, write('1.0-2'));
    utimesSync(path, written, written);
    const before = statSync(path);
    assert.deepEqual(listed(), [['openssl', '1.0-2']]);
    writeFileSync(path, write('1.0-1'));
    utimesSync(path, written, written);
    const { ino, size, mtimeMs } = statSync(path);
    assert.deepEqual([ino, size, mtimeMs], [before.ino, before.size, before.mtimeMs]);
    assert.deepEqual(listed(), [['openssl', '1.0-1']]);
  });

function layer(version: string): Uint8Array {
  return tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus({ openssl: version }) }]);
}
