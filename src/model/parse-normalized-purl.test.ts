import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNormalizedPurl } from './parse-normalized-purl.ts';

test('names of types that do not tell upper from lower case are lower case', () => {
  assert.deepEqual(parseNormalizedPurl('PKG:DEB/Debian/LibSSL3@3.0.11-1~Deb12?arch=amd64&distro=debian-12'), {
    type: 'deb',
    namespace: 'debian',
    name: 'libssl3',
    version: '3.0.11-1~Deb12',
    qualifiers: { arch: 'amd64', distro: 'debian-12' },
  });
  assert.deepEqual(
    parseNormalizedPurl('pkg:oci/Debian@sha256%3Aab?repository_url=docker.io%2Flibrary%2Fdebian'),
    {
      type: 'oci',
      name: 'debian',
      version: 'sha256:ab',
      qualifiers: { repository_url: 'docker.io/library/debian' },
    },
  );
});

test('names of other types stay, and what is no package URL is none', () => {
  assert.equal(parseNormalizedPurl('pkg:rpm/redhat/ImageMagick')?.name, 'ImageMagick');
  assert.equal(
    parseNormalizedPurl('pkg:golang/github.com/Masterminds/semver')?.namespace,
    'github.com/Masterminds',
  );
  for (const text of ['', 'pkg:deb', 'deb/debian/curl', 'pkg:deb/%/x'])
    assert.equal(parseNormalizedPurl(text), undefined, text);
});
