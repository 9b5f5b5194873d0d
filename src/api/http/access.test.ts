import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { accessByTokens } from './access.ts';
import { errorResponse } from './route.ts';

test('refuses a token when it has two scopes', () => {
  const sum = createHash('sha256').update('a').digest('hex');
  assert.throws(() => accessByTokens([`scan:${sum}:ci`, `admin:${sum.toUpperCase()}:root`]), {
    code: 'config-invalid',
    message: 'api.tokens has one token 2 times (ci, root): remove all but one',
  });
});

test('refuses a plain token instead of its SHA-256, and does not print it', () => {
  const sum = createHash('sha256').update('a').digest('hex');
  const days = [`read:${sum}:ci:2027-02-30`, `read:${sum}:ci:tomorrow`, `read:${sum}::2027-01-31`];
  for (const entry of ['scan:secret', 'secret', `root:${sum}`, `read:${sum}0`, ...days])
    assert.throws(
      () => accessByTokens([entry]),
      ({ code, message }: Error & { code: unknown }) => code === 'config-invalid' && !message.includes(entry),
    );
});

test('accepts a token up to the end of its last day in UTC', () => {
  const sum = createHash('sha256').update('a').digest('hex');
  const route = { method: 'GET', renderError: errorResponse };
  const at = (time: string) =>
    accessByTokens([`read:${sum}:ci:2028-02-29`], () => Date.parse(time)).authorize('Bearer a', route);
  assert.deepEqual(at('2028-02-29T23:59:59.999Z'), { token: 'ci', scope: 'read' });
  const { token, refusal } = at('2028-03-01T00:00:00Z');
  assert.deepEqual([token, refusal?.reason, refusal?.response.status], ['ci', 'the token has expired', 401]);
});

test('admits a limited token only to routes that check its limit', () => {
  const sum = createHash('sha256').update('a').digest('hex');
  const access = accessByTokens([`scan:${sum}:shop::registry.example:5000/shop/*|registry.example/base`]);
  const route = { method: 'GET', renderError: errorResponse };
  const { refusal } = access.authorize('Bearer a', route);
  assert.deepEqual([refusal?.response.status, refusal?.reason], [403, 'it is limited to some repositories']);
  const { repositories, ...rest } = access.authorize('Bearer a', { ...route, checksRepositories: true });
  assert.deepEqual(rest, { token: 'shop', scope: 'scan' });
  assert.ok(repositories !== undefined);
  const allowed = [
    'registry.example:5000/shop/web',
    'registry.example:5000/shop/web/deep',
    'registry.example:5000/shop',
    'registry.example/base',
    'registry.example/base/other',
    'registry.example/shop/web',
  ].filter((repository) => repositories.allows(repository));
  assert.deepEqual(allowed, ['registry.example:5000/shop/web', 'registry.example/base']);
  assert.equal(repositories.allowsReference('registry.example/base:1@sha256:'.concat('0'.repeat(64))), true);
  assert.equal(repositories.allowsReference('registry.example/other/../base:1'), false);
});

test('refuses an entry whose limit is empty or malformed, instead of a token without a limit', () => {
  const sum = createHash('sha256').update('a').digest('hex');
  for (const limit of [':', ':|', ': a', ':a||b', ':Registry.example/a', ':a,b'])
    assert.throws(() => accessByTokens([`scan:${sum}:ci:${limit}`]), { code: 'config-invalid' }, limit);
});
