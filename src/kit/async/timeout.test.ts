import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settlesWithin, withTimeout } from './timeout.ts';

const never = new Promise<never>(() => undefined);
const broken = (): Promise<never> => Promise.reject(new Error('broken'));
const timeoutError = (): Error => new Error('late');

test('returns the result or failure when the work ends in time', async () => {
  assert.equal(await withTimeout(Promise.resolve(3), 60_000, timeoutError), 3);
  await assert.rejects(withTimeout(broken(), 60_000, timeoutError), /broken/);
  assert.equal(await settlesWithin(Promise.resolve(), 60_000), true);
  await assert.rejects(settlesWithin(broken(), 60_000), /broken/);
});

test('fails with the timeout error when the work does not end', async () => {
  await assert.rejects(withTimeout(never, 1, timeoutError), /late/);
  assert.equal(await settlesWithin(never, 1), false);
});
