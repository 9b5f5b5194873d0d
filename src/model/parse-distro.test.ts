import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespaceOfDistro } from './namespace.ts';
import { overrideDistro, parseDistro } from './parse-distro.ts';

test('names a distribution by its namespace, its id in os-release, or a codename', () => {
  for (const [text, namespace] of [
    ['debian:12', 'debian:12'],
    ['debian:bookworm', 'debian:12'],
    ['debian:unstable', 'debian:unstable'],
    ['ubuntu:22.04', 'ubuntu:22.04'],
    ['alpine:3.20', 'alpine:v3.20'],
    ['alpine:v3.20', 'alpine:v3.20'],
    ['alpine:edge', 'alpine:edge'],
    ['rhel:9.4', 'rhel:9'],
    ['oracle:9', 'oracle:9'],
    ['ol:9', 'oracle:9'],
    ['wolfi', 'wolfi'],
  ] as const) {
    const distro = parseDistro(text);
    assert.equal(distro && namespaceOfDistro(distro)?.name, namespace, text);
    assert.equal(distro?.source, 'user');
  }
});

test('refuses a distribution that is unknown or lacks its release', () => {
  for (const text of [
    '',
    'debian',
    'debian:',
    'debain:12',
    'wolfi:1',
    'debian:twelve',
    'alpine:x',
    'a b:1',
    'Debian:12',
  ])
    assert.equal(parseDistro(text), undefined, text);
});

test('keeps the distribution of the image for display when it differs', () => {
  const override = parseDistro('debian:12') ?? assert.fail();
  assert.equal(overrideDistro(override, null).prettyName, 'debian:12, given by --distro');
  const bookworm = { id: 'debian', versionId: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)', like: [] };
  assert.equal(overrideDistro(override, bookworm).prettyName, 'debian:12, given by --distro');
  assert.equal(
    overrideDistro(override, { id: 'kali', prettyName: 'Kali GNU/Linux', like: ['debian'] }).prettyName,
    'debian:12, given by --distro; the image says Kali GNU/Linux',
  );
});
