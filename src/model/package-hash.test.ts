import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  hashesOfIntegrity,
  hashOfBase64,
  isPackageHash,
  packageHashOf,
  packageHashParts,
} from './package-hash.ts';

/** Hashes of no bytes: FIPS 180-4, and RFC 3174. */
const sha1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const base64 = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';

test('reads hashes of integrity metadata and leaves others out', () => {
  assert.deepEqual(hashesOfIntegrity(`sha256-${base64}`), [`sha256:${sha256}`]);
  assert.deepEqual(
    hashesOfIntegrity(`sha256-${base64}?a=b sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha256-${base64}`),
    [`sha1:${sha1}`, `sha256:${sha256}`],
  );
  for (const text of [
    '',
    'md5-1B2M2Y8AsgTpgAmY7PhCfg==',
    'sha256-AAAA',
    'sha999-AAAA',
    `sha512-${base64}`,
    '//,}',
  ])
    assert.deepEqual(hashesOfIntegrity(text), [], text);
});

test('reads integrity metadata in base64 with the characters of URLs', () => {
  const bytes = Buffer.from('fbff'.repeat(16), 'hex');
  const text = bytes.toString('base64url');
  assert.match(text, /-.*_/);
  assert.deepEqual(hashesOfIntegrity(`sha256-${text}`), [`sha256:${bytes.toString('hex')}`]);
});

test('accepts hexadecimal digits and base64 of the length of the algorithm only', () => {
  assert.equal(packageHashOf('sha256', sha256.toUpperCase()), `sha256:${sha256}`);
  assert.equal(packageHashOf('sha256', sha1), undefined);
  assert.equal(packageHashOf('sha1', sha1.replace('d', 'x')), undefined);
  assert.equal(packageHashOf('constructor', sha1), undefined);
  assert.equal(hashOfBase64('sha256', base64), `sha256:${sha256}`);
  assert.equal(hashOfBase64('sha256', 'AA=='), undefined);
});

test('knows a valid hash and its parts', () => {
  assert.ok(isPackageHash(`sha1:${sha1}`));
  for (const text of [
    sha1,
    `sha1:${sha256}`,
    `SHA1:${sha1}`,
    `sha1:${sha1}:`,
    `sha1:${sha1.toUpperCase()}`,
    'md5:',
  ])
    assert.equal(isPackageHash(text), false, text);
  assert.deepEqual(packageHashParts(`sha1:${sha1}`), { algorithm: 'sha1', hex: sha1 });
});
