import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { PackageURL } from 'packageurl-js';
import { corpus, corpusTest } from '../testing/corpus.ts';
import { formatPurl, type PurlParts, purlOf } from './purl.ts';

const debian = { id: 'debian', versionId: '12', like: [] };

interface Vector {
  readonly description: string;
  readonly test_type: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly expected_output: string;
  readonly expected_failure: boolean;
}

corpusTest('purl: are built as the conformance suite of purl-spec asks', () => {
  let built = 0;
  for (const type of ['deb', 'apk', 'rpm']) {
    const file = readFileSync(corpus(`golden/purl/tests_types_${type}-test.json`), 'utf8');
    for (const vector of (JSON.parse(file) as { tests: Vector[] }).tests) {
      if (vector.test_type !== 'build' || vector.expected_failure) continue;
      const given = Object.entries(vector.input).filter(([, value]) => value !== null);
      const parts = Object.fromEntries(given) as unknown as PurlParts;
      assert.equal(formatPurl(parts), vector.expected_output, vector.description);
      built++;
    }
  }
  assert.ok(built > 8);
});

test('purl: what the reference library reads back is what went in', () => {
  const text = fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .filter((value) => value.trim() === value);
  fc.assert(
    fc.property(text, text, text, (name, version, upstream) => {
      const purl = formatPurl({ type: 'rpm', namespace: 'fedora', name, version, qualifiers: { upstream } });
      // The library decodes qualifiers twice, so they are read here.
      const [path = '', qualifier = ''] = purl.split('?upstream=');
      const read = PackageURL.fromString(path);
      assert.deepEqual([read.name, read.version, decodeURIComponent(qualifier)], [name, version, upstream]);
    }),
  );
});

test('purl: qualifiers stand in order of their keys, without empty ones', () => {
  const qualifiers = { os: 'x', a: '1', 'a-b': '2', empty: '', none: undefined };
  assert.equal(formatPurl({ type: 'generic', name: 'n', qualifiers }), 'pkg:generic/n?a=1&a-b=2&os=x');
});

test('purl: a Debian package names its source where that differs', () => {
  const pkg = { type: 'deb', name: 'libssl3', version: '3.0.11-1~deb12u2', arch: 'amd64' };
  const url = 'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12';
  const purl = (source: { name: string; version: string }): string => purlOf({ ...pkg, source }, debian);
  assert.equal(purl({ name: 'libssl3', version: pkg.version }), url);
  assert.equal(purl({ name: 'openssl', version: pkg.version }), `${url}&upstream=openssl`);
  assert.equal(purl({ name: 'openssl', version: '1:3+x' }), `${url}&upstream=openssl%401:3%2Bx`);
  assert.equal(purl({ name: 'libssl3', version: '3' }), `${url}&upstream=libssl3%403`);
});

test('purl: the epoch of an rpm is a qualifier and its source a file name', () => {
  const pkg = {
    type: 'rpm',
    name: 'openssl-libs',
    version: '1:1.1.1k-4.el8',
    arch: 'x86_64',
    source: { name: 'openssl', version: '1.1.1k-4.el8' },
  };
  assert.equal(
    purlOf(pkg, { id: 'rhel', versionId: '8.5', like: [] }),
    'pkg:rpm/redhat/openssl-libs@1.1.1k-4.el8?arch=x86_64&distro=rhel-8.5&epoch=1&upstream=openssl-1.1.1k-4.el8.src.rpm',
  );
});

test('purl: Alpine, and what is known without a distribution', () => {
  const pkg = {
    type: 'apk',
    name: 'musl',
    version: '1.2.5-r0',
    source: { name: 'musl', version: '1.2.5-r0' },
  };
  assert.equal(
    purlOf(pkg, { id: 'alpine', versionId: '3.20.3', like: [] }),
    'pkg:apk/alpine/musl@1.2.5-r0?distro=alpine-3.20.3',
  );
  assert.equal(purlOf(pkg, null), 'pkg:apk/musl@1.2.5-r0');
  assert.equal(
    purlOf(pkg, { id: 'debian', versionCodename: 'sid', like: [] }),
    'pkg:apk/debian/musl@1.2.5-r0?distro=debian-sid',
  );
});
