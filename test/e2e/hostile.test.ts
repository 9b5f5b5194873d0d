import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratch } from './clair.ts';
import { hostileImages } from './hostile/hostile-images.ts';
import { tryImage } from './hostile/judge.ts';

const small = {
  bombBytes: 2 * 1024 ** 3,
  members: 60_000,
  files: 100_000,
  falseDatabases: 4,
  largeLayers: 3,
  jarBytes: 256 * 1024 ** 2,
  nestedJars: 1000,
  goPrograms: 100,
  packages: 3000,
};

/** An image that is read for longer never ends. The limit is no measure of speed: a loaded machine takes six times as long. */
const endlessMs = 180_000;

for (const image of hostileImages(small)) {
  test(`hostile: ${image.name}`, () => {
    assert.equal(tryImage(image, scratch, endlessMs).fault, undefined);
  });
}
