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
  assert.deepEqual(at('2028-02-29T23:59:59.999Z'), { token: 'ci' });
  const { token, refusal } = at('2028-03-01T00:00:00Z');
  assert.deepEqual([token, refusal?.reason, refusal?.response.status], ['ci', 'the token has expired', 401]);
});
