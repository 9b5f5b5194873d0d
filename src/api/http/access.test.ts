import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { accessByTokens } from './access.ts';

test('refuses one token with two scopes, of which the wider would count unnoticed', () => {
  const sum = createHash('sha256').update('a').digest('hex');
  assert.throws(() => accessByTokens([`scan:${sum}:ci`, `admin:${sum.toUpperCase()}:root`]), {
    code: 'config-invalid',
    message: 'api.tokens has one token 2 times (ci, root): remove all but one',
  });
});
