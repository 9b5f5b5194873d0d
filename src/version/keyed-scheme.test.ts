import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../extensions.ts';
import { sha256Of } from '../kit/sha256.ts';
import { isKey, keyAfter } from '../plugin/version-scheme.ts';
import { keyVersions } from './keyed-scheme.ts';

/** Versions as distributions and package managers write them. Every scheme is asked for the keys of all. */
const versions = [
  ...['0', '1', '1.0', '1.0.0', '1.0.0.0', '10.20.30', '1.2.3-4', '1:2.3~rc1-1', '2:1-1.el9', '1.0^git1'],
  ...['1.0_p1-r2', '1.0_alpha3', '1.2.3-alpha.1', '3.2.1-rc.1+build.5', 'v1.2.3', 'v2.0.0+incompatible'],
  ...['v0.0.0-20240101000000-abcdefabcdef', '1.0a1', '1!2.0.post1.dev3', '1.0.dev', '1.0rc1+local.1'],
  ...['2.0-beta-3', '1.0-SNAPSHOT', '1.0.pre1', 'dev-main', '1.0-RC2', '5.0.0-dev', '1.2.3.4-patch1'],
];

/** Hashes of the keys of these versions, by scheme and version of its keys. */
const recorded: Readonly<Record<string, string>> = {
  'alpm 1': 'b9c2e4c893087020',
  'apk 1': 'c967a563c549bda4',
  'bitnami 1': '7587ad7680cf7f4e',
  'composer 1': 'f45c8d9142a8238e',
  'cran 1': '9a4021e4a92c3052',
  'dpkg 1': '5b91ef3922ed23f9',
  'gem 1': '2c35a3768b3b459f',
  'gentoo 1': '5cd5220b25ddecd9',
  'go 1': '1c9f1943a78bcc5b',
  'maven 1': '85012605b7bd3743',
  'npm 1': 'ae1a2ce3d125d148',
  'nuget 1': 'bfcd44984bd43c05',
  'pep440 1': '40c1eeb055ca5a15',
  'program 1': '1c22228eff5d0aae',
  'pub 1': 'd2b7a9b9ac8216c9',
  'rpm 1': '0cfb0e34d665cca2',
  'semver 1': 'ae1a2ce3d125d148',
};

test('has a version of the keys of each scheme', () => {
  assert.deepEqual(Object.keys(keyVersions).sort(), builtIn.schemes.map(({ name }) => name).sort());
});

for (const scheme of builtIn.schemes)
  test(`raises the version of the keys of ${scheme.name} when they change`, () => {
    const keys = versions.flatMap((version) =>
      [scheme.key(version), keyAfter(scheme, version)].map((key) =>
        isKey(key) ? Buffer.from(key).toString('hex') : '',
      ),
    );
    const name = `${scheme.name} ${keyVersions[scheme.name]}`;
    // If this fails, published databases have other keys: raise the version, and record the new hash.
    assert.equal(sha256Of(keys.join('\n')).slice(0, 16), recorded[name], name);
  });
