import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from '../testing/failure.ts';
import { looksLikePath, suggestedTarget } from './mistyped-target.ts';
import { openImage } from './open-image.ts';

test('suggests the right form when a URL or a form of another tool is typed', () => {
  const forms: readonly (readonly [typed: string, meant: string | undefined])[] = [
    ['docker://ghcr.io/acme/app:1', 'registry:ghcr.io/acme/app:1'],
    ['https://ghcr.io/acme/app', 'registry:ghcr.io/acme/app'],
    ['HTTP://127.0.0.1:5000/app/', 'registry:127.0.0.1:5000/app'],
    ['https://user:secret@ghcr.io/acme/app?x=1', 'registry:ghcr.io/acme/app'],
    ['https://hub.docker.com/_/nginx', 'registry:docker.io/library/nginx'],
    ['https://hub.docker.com/r/acme/app', 'registry:docker.io/acme/app'],
    ['oci-dir:./layout', 'oci:./layout'],
    ['docker-daemon:nginx:1', 'docker:nginx:1'],
    ['containers-storage:localhost/app', 'podman:localhost/app'],
    ['oci-archive://a.tar', 'oci-archive:a.tar'],
    ['file:///srv/a.tar', '/srv/a.tar'],
    ['image:latest', undefined],
    ['localhost:5000/app', undefined],
    ['ftp://example.com/a', undefined],
    ['nginx', undefined],
  ];
  for (const [typed, meant] of forms) assert.equal(suggestedTarget(typed), meant, typed);
});

test('repeats no password when a URL is typed as a target', async () => {
  assert.equal(
    await failureOf(openImage('https://user:secret@ghcr.io/acme/app')),
    'target-not-found: a URL is not the name of an image: did you mean registry:ghcr.io/acme/app?',
  );
  assert.equal(
    await failureOf(openImage('oci-dir:./nosuch')),
    'target-not-found: oci-dir:./nosuch is not the name of an image: did you mean oci:./nosuch?',
  );
});

test('takes a target as a missing file when it looks like a path, and as an image name otherwise', () => {
  for (const path of ['a.json', 'a.tar.gz', 'a.tar:v1', './a', '../a', '/a', 'C:\\a', 'a.spdx', 'a.yaml'])
    assert.ok(looksLikePath(path), path);
  for (const name of [
    'nginx',
    'nginx:1.27',
    'ghcr.io/acme/app:1.2',
    'acme/json',
    'node:20-alpine',
    'localhost:5000/a',
  ])
    assert.ok(!looksLikePath(name), name);
});
