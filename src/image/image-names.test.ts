import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildImage, dockerArchive, type ImagePlan, ociArchive } from '../testing/image-builder.ts';
import { tar } from '../testing/tar-writer.ts';
import { openImage } from './open-image.ts';

const directory = mkdtempSync(join(tmpdir(), 'clair-names-'));
after(() => {
  rmSync(directory, { recursive: true });
});

function file(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

const plan: ImagePlan = { steps: [{ tar: tar([{ path: 'etc/os-release', content: 'ID=alpine' }]) }] };

test('names an image by its archive or layout when the target is a file', async () => {
  const built = buildImage({ ...plan, tags: ['registry.example/shop:1.0'] });
  const { manifest, config } = built;
  const names = ['registry.example/shop:1.0'];
  const docker = await openImage(file('named-docker.tar', dockerArchive(built)));
  assert.deepEqual([docker.target.names, docker.target.digest], [names, config.digest]);
  const oci = await openImage(file('named-oci.tar', ociArchive(built)));
  assert.deepEqual([oci.target.names, oci.target.digest], [names, manifest.digest]);
  assert.equal(oci.target.manifest, manifest.digest);
});

test('returns no name when the image has none or only a tag', async () => {
  const { target } = await openImage(file('nameless.tar', dockerArchive(buildImage({ ...plan, tags: [] }))));
  assert.equal('names' in target, false);
  const oci = await openImage(file('tag-alone.tar', ociArchive(buildImage({ ...plan, tags: ['v1'] }))));
  assert.equal('names' in oci.target, false);
});
