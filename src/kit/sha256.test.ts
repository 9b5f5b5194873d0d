import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256Of } from './sha256.ts';

test('hashes the messages of FIPS 180-4', () => {
  assert.equal(sha256Of('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(
    sha256Of('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
  assert.equal(sha256Of(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('hashes as OpenSSL does, for every length of a last block and around the size that it hashes itself', () => {
  const lengths = [...Array.from({ length: 200 }, (_, length) => length), 16_383, 16_384, 16_385];
  for (const length of lengths) {
    const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 151 + length) & 0xff));
    for (const encoding of ['hex', 'base64url'] as const)
      assert.equal(sha256Of(bytes, encoding), createHash('sha256').update(bytes).digest(encoding));
  }
});

test('hashes text as UTF-8', () => {
  const text = 'Grüße, 世界 \u{1f600}';
  assert.equal(sha256Of(text), createHash('sha256').update(Buffer.from(text)).digest('hex'));
});
