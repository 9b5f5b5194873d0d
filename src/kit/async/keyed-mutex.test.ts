import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedMutex } from './keyed-mutex.ts';

test('runs work with one key in order and work with another key concurrently', async () => {
  const mutex = new KeyedMutex(60_000);
  const log: string[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
  const first = mutex.run('a', async () => {
    await gate;
    log.push('first');
    throw new Error('the first fails');
  });
  const second = mutex.run('a', async () => log.push('second'));
  await mutex.run('b', async () => log.push('beside'));
  open(undefined);
  await assert.rejects(first, /the first fails/);
  await second;
  await mutex.run('a', async () => log.push('third'));
  assert.deepEqual(log, ['beside', 'first', 'second', 'third']);
});

test('refuses work that waits too long for its turn, and runs the work after it', async () => {
  const mutex = new KeyedMutex(20);
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
  const first = mutex.run('a', () => gate);
  const late = mutex.run('a', async () => assert.fail('it was refused'));
  await assert.rejects(late, { code: 'busy' });
  const next = mutex.run('a', async () => 'next');
  open(undefined);
  await first;
  assert.equal(await next, 'next');
});
