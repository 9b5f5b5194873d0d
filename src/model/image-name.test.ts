import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageNameOf, isNamedImage, parseImageName } from './image-name.ts';

test('parses references like Docker', () => {
  const hub = { registry: 'docker.io', repository: 'library/alpine' };
  assert.deepEqual(parseImageName('alpine'), hub);
  assert.deepEqual(parseImageName('alpine:3.20'), { ...hub, tag: '3.20' });
  assert.deepEqual(parseImageName('docker.io/library/alpine:3.20'), { ...hub, tag: '3.20' });
  assert.deepEqual(parseImageName('index.docker.io/alpine'), hub);
  assert.deepEqual(parseImageName('fluent/fluent-bit:1'), {
    registry: 'docker.io',
    repository: 'fluent/fluent-bit',
    tag: '1',
  });
  const digest = `sha256:${'ab'.repeat(32)}`;
  assert.deepEqual(parseImageName(`registry.example:5000/shop/web:1.4@${digest}`), {
    registry: 'registry.example:5000',
    repository: 'shop/web',
    tag: '1.4',
    digest,
  });
  assert.deepEqual(parseImageName('localhost/web'), { registry: 'localhost', repository: 'web' });
  assert.equal(parseImageName(''), undefined);
  assert.equal(parseImageName('not a name'), undefined);
});

test('matches an image by its repository, with or without its registry', () => {
  const called = (reference: string, name: string): boolean => {
    const parsed = parseImageName(reference);
    return parsed !== undefined && isNamedImage(parsed, name);
  };
  for (const name of ['alpine', 'library/alpine', 'docker.io/library/alpine', 'Alpine'])
    assert.equal(called('alpine:3.20', name), true, name);
  assert.equal(called('registry.example/shop/web:1', 'shop/web'), true);
  assert.equal(called('registry.example:5000/shop/web:1', 'registry.example:5000/shop/web'), true);
  for (const name of ['web', 'alpine', 'other.example/shop/web', 'shop/web:1'])
    assert.equal(called('registry.example/shop/web:1', name), false, name);
});

test('gives no name to an image on disk', () => {
  assert.equal(imageNameOf({ kind: 'docker-archive', reference: 'alpine:3.20' }), undefined);
  for (const kind of ['registry', 'docker', 'podman', 'containerd'] as const)
    for (const reference of [`${kind}:alpine:3.20`, 'alpine:3.20'])
      assert.deepEqual(imageNameOf({ kind, reference }), {
        registry: 'docker.io',
        repository: 'library/alpine',
        tag: '3.20',
      });
});
