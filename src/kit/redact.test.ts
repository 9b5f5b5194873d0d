import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact, redactorOf, redactUrl } from './redact.ts';

const cases: readonly (readonly [text: string, shown: string])[] = [
  ['cannot fetch https://u:pw@m.test/a: 404', 'cannot fetch https://(secret)@m.test/a: 404'],
  ['https://token@m.test', 'https://(secret)@m.test'],
  ['postgresql://u:p@ss@db/clair', 'postgresql://(secret)@db/clair'],
  ['https://m.test/a?sig=s3cr&x=1', 'https://m.test/a?sig=(secret)&x=1'],
  ['https://m.test/?X-Amz-Signature=abc#f', 'https://m.test/?X-Amz-Signature=(secret)#f'],
  ["host=db password='a b' user=c", 'host=db password=(secret) user=c'],
  ['host=db password=ab user=c', 'host=db password=(secret) user=c'],
  ['Authorization: Bearer abc.def', 'Authorization: Bearer (secret)'],
  ['{"authorization":"Basic dTpw"}', '{"authorization":"Basic (secret)"}'],
];

test('masks credentials by their context', () => {
  for (const [text, shown] of cases) assert.equal(redact(text), shown);
});

test('keeps text without credentials unchanged', () => {
  for (const text of [
    'registry.test/app@sha256:abc',
    'https://m.test/app@1.0?page=2',
    'pkg:deb/debian/curl@7.88?arch=amd64',
    'bearer tokens are listed in api.tokens',
  ])
    assert.equal(redact(text), text);
});

test('masks every parameter of a URL, whatever its name', () => {
  const url = 'https://u:pw@m.test/a?ticket=t&x=1#f';
  assert.equal(redactUrl(url), 'https://(secret)@m.test/a?(secret)#f');
  assert.equal(redactUrl(redactUrl(url)), redactUrl(url));
  assert.equal(redactUrl('https://m.test/a?token'), 'https://m.test/a?(secret)');
  for (const text of ['https://m.test/a', '/var/lib/mirror?1', 'upstream', 'is it https://m.test/a?b=c'])
    assert.equal(redactUrl(text), text);
});

test('masks known secrets as they are, in JSON and in URLs', () => {
  const secret = 'a"b\\c d/e';
  const mask = redactorOf([secret, 'abc']);
  for (const text of [secret, JSON.stringify({ secret }), `https://m.test/${encodeURIComponent(secret)}`])
    assert.doesNotMatch(mask(text), /b.*c.*d/);
  assert.equal(mask('abc'), 'abc', 'too short to be searched for');
});

test('takes linear time on hostile text', () => {
  const started = performance.now();
  for (const piece of ['a', '://', '?key=', 'password', '://a@', "password='"]) redact(piece.repeat(20_000));
  assert.ok(performance.now() - started < 2000);
});
