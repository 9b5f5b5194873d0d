import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedTurns } from './keyed-turns.ts';

test('work with one key runs in its order, and work with another beside it', async () => {
  const turns = new KeyedTurns(60_000);
  const log: string[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
  const first = turns.take('a', async () => {
    await gate;
    log.push('first');
    throw new Error('the first fails');
  });
  const second = turns.take('a', async () => log.push('second'));
  await turns.take('b', async () => log.push('beside'));
  open(undefined);
  await assert.rejects(first, /the first fails/);
  await second;
  await turns.take('a', async () => log.push('third'));
  assert.deepEqual(log, ['beside', 'first', 'second', 'third']);
});

test('work that waits too long for its turn is refused, and what follows it waits on', async () => {
  const turns = new KeyedTurns(20);
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
  const first = turns.take('a', () => gate);
  const late = turns.take('a', async () => assert.fail('it was refused'));
  await assert.rejects(late, { code: 'busy' });
  const next = turns.take('a', async () => 'next');
  open(undefined);
  await first;
  assert.equal(await next, 'next');
});
