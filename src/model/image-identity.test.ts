import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestsOf, imageIdentity } from './image-identity.ts';

const bounds = { imageNames: 3, imageNameCharacters: 60 };
const digest = `sha256:${'ab'.repeat(32)}`;

test('keeps names with a tag, sorted and each once', () => {
  const names = ['web:2', 'registry.example:5000/shop/web:1.4', 'web:2', '[::1]:5000/a/b:latest'];
  assert.deepEqual(imageIdentity({ names }, bounds), {
    names: ['[::1]:5000/a/b:latest', 'registry.example:5000/shop/web:1.4', 'web:2'],
  });
});

test('omits names that are hostile text, too long, or only a tag', () => {
  const names = [
    '1.4',
    'a b:1',
    'web:<script>',
    'web\u202e:1',
    'web\n:1',
    `${'a'.repeat(60)}:1`,
    '<none>:<none>',
    '',
  ];
  assert.deepEqual(imageIdentity({ names }, bounds), {});
});

test('keeps no more names than the limit', () => {
  const names = Array.from({ length: 10 }, (_, i) => `web:${i}`);
  assert.deepEqual(imageIdentity({ names }, bounds).names, ['web:0', 'web:1', 'web:2']);
});

test('keeps only valid digests', () => {
  const wide = { imageNames: 3, imageNameCharacters: 200 };
  assert.deepEqual(
    imageIdentity({ digest, repoDigests: [`web@${digest}`, 'web@sha256:12', '<x>@y'] }, wide),
    {
      digest,
      repoDigests: [`web@${digest}`],
    },
  );
  assert.deepEqual(imageIdentity({ digest: 'sha256:12' }, bounds), {});
});

test('lists each digest of an image once', () => {
  const { digest: manifest, repoDigests = [] } = imageIdentity(
    { digest, repoDigests: [`web@${digest}`, `web@sha256:${'cd'.repeat(32)}`] },
    { imageNames: 3, imageNameCharacters: 200 },
  );
  assert.ok(manifest);
  assert.deepEqual(digestsOf({ manifest, digest: manifest, repoDigests }), [
    digest,
    `sha256:${'cd'.repeat(32)}`,
  ]);
});
