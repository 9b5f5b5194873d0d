import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { harborPlan } from './harbor-plan.ts';

const key = Buffer.alloc(32, 1).toString('base64');
const now = new Date('2026-01-02T00:00:00Z');

function planOf(registries: readonly string[], withKey = key) {
  return harborPlan({ registries, key: withKey, notassessed: 'error' }) ?? assert.fail();
}

test('contacts only the named registries, and without TLS only those that are named so', () => {
  const { mayContact } = planOf([
    'harbor.example',
    'Other.example:8443',
    'http://core:8080',
    '*.example.org',
  ]);
  for (const origin of [
    'https://harbor.example',
    'https://other.example:8443',
    'http://core:8080',
    'https://a.b.example.org',
  ])
    assert.ok(mayContact(origin), origin);
  for (const origin of [
    ...[
      'http://harbor.example',
      'https://harbor.example:8443',
      'https://harbor.example.evil',
      'https://xharbor.example',
    ],
    ...[
      'https://core:8080',
      'http://core',
      'https://example.org',
      'https://evilexample.org',
      'http://a.example.org',
    ],
    ...['https://other.example', 'https://169.254.169.254'],
  ])
    assert.ok(!mayContact(origin), origin);
  assert.ok(planOf(['*']).mayContact('https://any.example:5000'));
  assert.ok(!planOf(['*']).mayContact('http://any.example'));
  assert.equal(harborPlan({ registries: [], key: '', notassessed: 'error' }), undefined);
});

test('refuses malformed registries and a missing key', () => {
  for (const entry of ['', 'a b', 'ftp://a', 'https://u:p@a', 'harbor.example/path', 'a*', '*a', '*.*'])
    assert.throws(() => planOf([entry]), { code: 'config-invalid' }, entry);
  assert.throws(() => planOf(['harbor.example'], ''), /openssl rand -base64 32/);
});

test('opens sealed access with the same key only, for a limited time, and for registries that are still named', () => {
  const access = { origin: 'https://harbor.example', authorization: 'Basic c2VjcmV0' };
  const plan = planOf(['harbor.example']);
  const sealed = plan.seal(access, now);
  assert.doesNotMatch(sealed, /c2VjcmV0|harbor/);
  assert.deepEqual(plan.open(sealed, now), access);
  const other = planOf(['harbor.example'], Buffer.alloc(32, 2).toString('base64'));
  assert.throws(() => other.open(sealed, now), { code: 'registry-refused' });
  const later = new Date(now.getTime() + 2 * limits.orderedScanMs + 1000);
  assert.throws(() => plan.open(sealed, later), { code: 'registry-refused' });
  assert.throws(() => planOf(['other.example']).open(sealed, now), /does not name https:\/\/harbor\.example/);
});
