import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { accessByTokens } from './access.ts';

test('refuses a token when it has two scopes', () => {
  const sum = createHash('sha256').update('a').digest('hex');
  assert.throws(() => accessByTokens([`scan:${sum}:ci`, `admin:${sum.toUpperCase()}:root`]), {
    code: 'config-invalid',
    message: 'api.tokens has one token 2 times (ci, root): remove all but one',
  });
});

test('refuses a plain token instead of its SHA-256, and does not print it', () => {
  const sum = createHash('sha256').update('a').digest('hex');
  for (const entry of ['scan:secret', 'secret', `root:${sum}`, `read:${sum}0`])
    assert.throws(
      () => accessByTokens([entry]),
      ({ code, message }: Error & { code: unknown }) => code === 'config-invalid' && !message.includes(entry),
    );
});
