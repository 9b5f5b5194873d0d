import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { deriveFernetKey, openFernet, parseFernetKey, randomFernetKey, sealFernet } from './fernet.ts';

/** The vectors of the specification, https://github.com/fernet/spec: generate.json, verify.json, invalid.json. */
const secret = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';
const key = parseFernetKey(secret) ?? assert.fail('a key');
const token =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==';
const sealedAt = new Date('1985-10-26T01:20:00-07:00');
const aMinute = { now: new Date('1985-10-26T01:20:01-07:00'), ageMaxMs: 60_000 };

test('seals a message as the specification does', () => {
  const iv = Uint8Array.from({ length: 16 }, (_, i) => i);
  assert.equal(sealFernet('hello', key, sealedAt, iv), token);
});

test('opens a token', () => {
  assert.equal(openFernet(token, key, aMinute)?.toString(), 'hello');
});

suite('does not open', () => {
  const invalid: Readonly<Record<string, string>> = {
    'incorrect mac':
      'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
    'too short': 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==',
    'invalid base64':
      '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    'payload size not multiple of block size':
      'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
    'payload padding error':
      'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
    'far-future TS':
      'gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==',
    'incorrect IV':
      'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
  };
  for (const [name, text] of Object.entries(invalid))
    test(name, () => {
      assert.equal(openFernet(text, key, aMinute), undefined);
    });

  test('a token that has expired', () => {
    const expired =
      'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==';
    assert.ok(openFernet(expired, key, aMinute));
    const now = new Date('1985-10-26T01:21:31-07:00');
    assert.equal(openFernet(expired, key, { ...aMinute, now }), undefined);
  });

  test('a token of another key', () => {
    assert.equal(openFernet(token, randomFernetKey(), aMinute), undefined);
  });

  test('a token of another version', () => {
    assert.equal(openFernet(token.replace('gA', 'gQ'), key, aMinute), undefined);
  });
});

test('opens a token within its lifetime and the clock skew', () => {
  const at = (seconds: number): Buffer | undefined =>
    openFernet(token, key, { now: new Date(sealedAt.getTime() + seconds * 1000), ageMaxMs: 60_000 });
  assert.deepEqual(
    [-61, -60, 60, 61].map((seconds) => at(seconds)?.toString()),
    [undefined, 'hello', 'hello', undefined],
  );
});

test('accepts a key of 32 bytes in every notation', () => {
  const bytes = Buffer.from(secret, 'base64url');
  for (const text of [secret.slice(0, -1), bytes.toString('base64'), bytes.toString('hex')])
    assert.deepEqual(parseFernetKey(text), key);
  for (const text of ['', 'secret', secret.slice(1), `${secret}A`, bytes.toString('hex').slice(2)])
    assert.equal(parseFernetKey(text), undefined);
});

test('does not open what was sealed for another purpose, or by the key itself', () => {
  const [a, b] = ['session', 'sign-in'].map((purpose) => deriveFernetKey(key, purpose));
  const sealed = sealFernet('hello', a ?? assert.fail(), sealedAt);
  assert.equal(openFernet(sealed, deriveFernetKey(key, 'session'), aMinute)?.toString(), 'hello');
  assert.equal(openFernet(sealed, b ?? assert.fail(), aMinute), undefined);
  assert.equal(openFernet(sealed, key, aMinute), undefined);
});
