import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { alpineMirror } from './alpine-mirror.ts';
import { clair, report, scratch } from './clair.ts';

const mirror = alpineMirror('base-image-mirror', { '1.36.1-r0': ['CVE-2026-1', 'CVE-2026-2'] });
const place = join(scratch, 'base-image');
mkdirSync(place, { recursive: true });

function entry(name: string): string {
  return `C:Q1\nP:${name}\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n`;
}

/** Layers of Alpine: one with busybox, and one that adds another package of the same source. */
const base = tar([
  { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' },
  { path: 'lib/apk/db/installed', content: entry('busybox') },
]);
const own = tar([{ path: 'lib/apk/db/installed', content: entry('busybox') + entry('ssl_client') }]);

function archiveOf(name: string, ...layers: readonly Uint8Array[]): string {
  const path = join(place, `${name}.tar`);
  const steps = layers.map((layer) => ({ tar: layer }));
  writeFileSync(path, dockerArchive(buildImage({ tags: [`${name}:1`], steps })));
  return path;
}

const baseImage = archiveOf('base', base);
const app = archiveOf('app', base, own);
const options = ['--mirror', mirror, '--db', join(place, 'clair.db')];

test('separates the findings of a named base image, and gives both sums', () => {
  const { base: found, matches } = report('scan', app, '--base', baseImage, ...options);
  assert.equal(found?.layers, 1);
  assert.equal(found.knownBy, 'option');
  assert.deepEqual(
    matches.map((match) => [match.package.name, match.package.fromBase]),
    [
      ['busybox', true],
      ['busybox', true],
      ['ssl_client', undefined],
      ['ssl_client', undefined],
    ],
  );
  const table = clair(['scan', app, '--base', baseImage, ...options]).stdout;
  assert.match(table, /^Of the base image .*base\.tar \(1 of 2 layers\): 2 findings, 2 fixable: 2 Unknown$/m);
  assert.match(table, /^Of the layers above: 2 findings, 2 fixable: 2 Unknown$/m);
});

test('finds a base image that the database knows', () => {
  const db = join(place, 'auto.db');
  const known = ['--mirror', mirror, '--db', db];
  assert.equal(report('scan', app, '--base', 'auto', ...known).base, undefined);
  report('scan', baseImage, ...known);
  const { base: found } = report('scan', app, '--base', 'auto', ...known);
  assert.equal(found?.reference, 'docker.io/library/base:1');
  assert.equal(found.knownBy, 'database');
});

test('proposes a newer image of the repository of the base', () => {
  const known = ['--mirror', mirror, '--db', join(place, 'move.db')];
  const newer = tar([
    { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.2\n' },
    { path: 'lib/apk/db/installed', content: entry('busybox').replace('1.36.0', '1.36.1') },
  ]);
  const image = buildImage({ tags: ['base:2'], steps: [{ tar: newer }] });
  const path = join(place, 'newer.tar');
  writeFileSync(path, dockerArchive(image));
  for (const one of [baseImage, path]) report('scan', one, ...known);
  const shop = archiveOf('shop', base, tar([{ path: 'srv/shop', content: 'shop' }]));
  const run = clair(['upgrade', shop, '--base', 'auto', ...known]);
  assert.match(
    run.stdout,
    /^1\. Use the base image docker\.io\/library\/base:2\n {3}closes 2 findings \(2 Unknown\); .* 0 % is left$/m,
  );
  assert.match(run.stdout, /After the upgrade: 0 findings/);
});

test('refuses an image that is not the base', () => {
  const run = clair(['scan', baseImage, '--base', app, ...options]);
  assert.equal(run.status, 2);
  assert.match(
    run.stderr,
    /app\.tar is not the base image of .*base\.tar: its layers are not the lowest ones/,
  );
  assert.equal(clair(['scan', app, '--base', join(place, 'missing.tar'), ...options]).status, 3);
});
