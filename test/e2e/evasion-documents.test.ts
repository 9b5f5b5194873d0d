import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import * as z from 'zod/mini';
import type { Report } from '../../src/model/report.ts';
import { corpus } from '../../src/testing/corpus.ts';
import { documentImage, layoutOf, tarAndZstd } from '../../src/testing/document-image.ts';
import { sha256 } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, scratch } from './clair.ts';

const evasion = resolve(corpus('.'), '../evasion');
const place = join(scratch, 'evasion-documents');
mkdirSync(place, { recursive: true });

const truthDocument = z.object({
  kind: z.enum(['case', 'control', 'clean']),
  family: z.string(),
  medium: z.string(),
  platform: z.optional(z.string()),
  shows: z.array(z.object({ name: z.string(), version: z.string() })),
});

const families = new Set(['compression', 'json-keys', 'media-types', 'index-choice', 'archive-choice']);
const controls = new Set(
  'clean-debian clean-debian-oci clean-archive-of-both clean-labels-in-two-cases clean-index-with-attestation control-debian control-debian-oci control-gzip-of-two-members control-zstd-with-skippable-frame'.split(
    ' ',
  ),
);

/** The required message when an image of a family is refused. */
const reasons: Readonly<Record<string, RegExp>> = {
  compression: /runtimes differ in how they read it/,
  'json-keys': /has the field layers twice/i,
  'media-types': /which is not the type of a layer/,
  'index-choice': /several images.*sha256:[0-9a-f]{64}.*sha256:[0-9a-f]{64}/,
  'archive-choice': /different images in manifest\.json and index\.json|several members named manifest\.json/,
};

const ids = existsSync(evasion) ? readdirSync(join(evasion, 'cases')) : [];
const truths = ids.map((id) => ({
  id,
  ...z.parse(truthDocument, JSON.parse(readFileSync(join(evasion, 'cases', id, 'truth.json'), 'utf8'))),
}));
const chosen = truths.filter(({ id, family }) => families.has(family) || controls.has(id));

for (const { id, kind, family, medium, platform, shows } of chosen)
  test(`reads ${id} as a runtime does, or refuses it`, () => {
    const file = join(place, `${id}.tar`);
    writeFileSync(file, zstdDecompressSync(readFileSync(join(evasion, 'cases', id, 'image.tar.zst'))));
    const target = medium === 'archive' ? file : `${medium}:${file}`;
    const args = [
      '--mirror',
      join(evasion, 'mirror'),
      '--db',
      ':memory:',
      '--ignore',
      'none',
      '--format',
      'json',
    ];
    const { status, stdout, stderr } = clair([
      'scan',
      target,
      ...args,
      ...(platform === undefined ? [] : ['--platform', platform]),
    ]);
    if (status === 3 && kind === 'case') {
      assert.match(stderr, reasons[family] ?? /^$/);
      return;
    }
    const { verdict, packages } = JSON.parse(stdout) as Report;
    if (kind === 'clean') assert.equal(verdict, 'clean', stderr);
    else
      for (const { name, version } of shows)
        assert.ok(
          verdict === 'not-assessed' ||
            packages.some((found) => found.name === name && found.version === version),
          `${name} ${version} is missing, and the verdict is ${verdict}`,
        );
  });

test('does not reuse a stored layer for an image with another media type for its bytes', () => {
  const inner = tar([{ path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="13"\n' }]);
  const outer = tar([{ path: 'x', content: '' }]);
  const layer = { bytes: tarAndZstd(outer, inner), mediaType: 'application/vnd.oci.image.layer.v1.tar' };
  const database = join(place, 'shared.db');
  const scan = (name: string, diffId: string): ReturnType<typeof clair> => {
    const file = join(place, `${name}.tar`);
    writeFileSync(file, tar(layoutOf(documentImage({ layers: [layer], diffIds: [diffId] }))));
    return clair(['sbom', `oci-archive:${file}`, '--db', database]);
  };
  assert.equal(scan('meant', sha256(inner)).status, 0);
  const other = scan('other', sha256(layer.bytes));
  assert.equal(other.status, 3, other.stderr);
  assert.match(other.stderr, /runtimes differ in how they read it/);
});
