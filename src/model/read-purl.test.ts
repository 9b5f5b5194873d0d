import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PackageURL } from 'packageurl-js';
import { formatPurl } from './purl.ts';
import { readPurl } from './read-purl.ts';

test('package URLs are taken apart', () => {
  assert.deepEqual(readPurl('pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12'), {
    type: 'deb',
    namespace: 'debian',
    name: 'libssl3',
    version: '3.0.11-1~deb12u2',
    qualifiers: { arch: 'amd64', distro: 'debian-12' },
  });
  assert.deepEqual(readPurl('pkg:oci/Debian@sha256%3Aab?repository_url=docker.io%2Flibrary%2Fdebian'), {
    type: 'oci',
    name: 'debian',
    version: 'sha256:ab',
    qualifiers: { repository_url: 'docker.io/library/debian' },
  });
  assert.deepEqual(readPurl('pkg:npm/%40angular/core@17.0.0#sub/path')?.namespace, '@angular');
  assert.deepEqual(readPurl('pkg:golang/github.com/gorilla/context')?.namespace, 'github.com/gorilla');
  assert.equal(readPurl('PKG:DEB/Debian/Curl')?.name, 'curl');
});

test('what is no package URL is none', () => {
  for (const text of [
    '',
    'pkg:',
    'pkg:deb',
    'pkg:deb/',
    'deb/debian/curl',
    'pkg:deb/%/x',
    'pkg:1x/y',
    'cpe:/o:x',
  ])
    assert.equal(readPurl(text), undefined, text);
});

const word = fc.string({
  unit: fc.constantFrom('a', 'b', '1', '.', '+', '~', '@', '%', '/', ':', '&'),
  minLength: 1,
});
const name = word.filter((text) => /^[a-z1]/.test(text) && !text.includes('/'));

/** A package URL of these parts, those that are given. */
function written(
  parts: Readonly<Record<'type' | 'name' | 'namespace' | 'version', string | undefined>>,
  arch?: string,
): string {
  const given = Object.entries(parts).filter(([, value]) => value !== undefined);
  return formatPurl({ type: '', name: '', ...Object.fromEntries(given), qualifiers: { arch } });
}

const parts = fc.record({
  type: fc.constantFrom('npm', 'rpm', 'generic'),
  namespace: fc.option(name, { nil: undefined }),
  name,
  version: fc.option(word, { nil: undefined }),
});

test('what was written comes back', () => {
  fc.assert(
    fc.property(parts, fc.option(word, { nil: undefined }), (parts, arch) => {
      const { qualifiers, ...read } = readPurl(written(parts, arch)) ?? {};
      assert.deepEqual({ namespace: undefined, version: undefined, ...read }, { ...parts });
      assert.equal(qualifiers?.['arch'], arch);
    }),
  );
});

test('it is read as the reference implementation reads it', () => {
  fc.assert(
    fc.property(parts, (parts) => {
      // It knows more of npm and rpm than a package URL says.
      const purl = written({ ...parts, type: 'generic' });
      const { name, version, namespace } = PackageURL.fromString(purl);
      const read = readPurl(purl);
      assert.deepEqual(
        [read?.name, read?.version, read?.namespace],
        [name, version ?? undefined, namespace ?? undefined],
      );
    }),
  );
});

test('whatever the text, reading it ends', () => {
  fc.assert(fc.property(fc.string(), (text) => void readPurl(`pkg:${text}`)));
});
