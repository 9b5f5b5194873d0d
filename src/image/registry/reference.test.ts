import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClairError } from '../../core/errors.ts';
import { isLoopbackRegistry, parseReference, referenceText } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

// distribution/reference, reference_test.go and normalize_test.go.
const full: readonly (readonly [text: string, full: string])[] = [
  ['debian', 'docker.io/library/debian:latest'],
  ['debian:12', 'docker.io/library/debian:12'],
  ['library/debian', 'docker.io/library/debian:latest'],
  ['bitnami/redis', 'docker.io/bitnami/redis:latest'],
  ['docker.io/debian', 'docker.io/library/debian:latest'],
  ['index.docker.io/debian', 'docker.io/library/debian:latest'],
  ['localhost/app', 'localhost/app:latest'],
  ['localhost:5000/app', 'localhost:5000/app:latest'],
  ['test.com/repo:tag', 'test.com/repo:tag'],
  ['test:5000/repo', 'test:5000/repo:latest'],
  [`test:5000/repo@${digest}`, `test:5000/repo@${digest}`],
  [`test:5000/repo:tag@${digest}`, `test:5000/repo:tag@${digest}`],
  [`debian@${digest}`, `docker.io/library/debian@${digest}`],
  ['Registry.Example/app', 'registry.example/app:latest'],
  ['192.168.1.1:8000/a/b/c_d', '192.168.1.1:8000/a/b/c_d:latest'],
  ['[2001:db8::1]:5000/repo:tag', '[2001:db8::1]:5000/repo:tag'],
  ['quay.io/a/b__c---d.e', 'quay.io/a/b__c---d.e:latest'],
];

test('parses references as Docker does', () => {
  for (const [text, expected] of full) assert.equal(referenceText(parseReference(text)), expected, text);
});

const refused = [
  '',
  ':tag',
  'Debian',
  'Upper/app',
  'library/Debian',
  'a//b',
  'a/',
  '/a',
  'debian:',
  'debian:-x',
  `debian:${'x'.repeat(129)}`,
  'debian@sha256:abc',
  'debian@',
  `debian@${digest}@${digest}`,
  'a b',
  'a..b',
  '-a/b',
  'https://registry.example/app',
  'host.example:port/app',
  'host.example:99999/app',
  '[:::::]/app',
  'user@host.example/app',
  `a/${'b'.repeat(255)}`,
  '../../etc/passwd',
];

test('throws usage when a text is not a reference', () => {
  for (const text of refused)
    assert.throws(() => parseReference(text), { name: 'ClairError', code: 'usage' }, text);
});

test('accepts only references that are safe in a URL and keep their meaning in full form', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zA-Z0-9:@/._-]{1,40}$/), (text) => {
      try {
        const reference = parseReference(text);
        assert.deepEqual(parseReference(referenceText(reference)), reference);
        const url = new URL(`https://${reference.registry}/v2/${reference.repository}/manifests/x`);
        assert.equal(url.pathname, `/v2/${reference.repository}/manifests/x`);
      } catch (error) {
        if (!(error instanceof ClairError)) throw error;
      }
    }),
  );
});

test('recognizes the names of this machine', () => {
  for (const registry of ['localhost', 'localhost:5000', '127.0.0.1:5000', '127.1.2.3', '[::1]:5000'])
    assert.ok(isLoopbackRegistry(registry), registry);
  for (const registry of ['docker.io', '10.0.0.1', 'localhost.example', '128.0.0.1:5000', '127.example'])
    assert.ok(!isLoopbackRegistry(registry), registry);
});
