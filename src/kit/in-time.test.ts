import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTime, isDoneWithin } from './in-time.ts';

const never = new Promise<never>(() => undefined);
const broken = (): Promise<never> => Promise.reject(new Error('broken'));
const late = (): Error => new Error('late');

test('what is done in time gives what it gives, and fails as it fails', async () => {
  assert.equal(await inTime(Promise.resolve(3), 60_000, late), 3);
  await assert.rejects(inTime(broken(), 60_000, late), /broken/);
  assert.equal(await isDoneWithin(Promise.resolve(), 60_000), true);
  await assert.rejects(isDoneWithin(broken(), 60_000), /broken/);
});

test('what is never done is told so', async () => {
  await assert.rejects(inTime(never, 1, late), /late/);
  assert.equal(await isDoneWithin(never, 1), false);
});
