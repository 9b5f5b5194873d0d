import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListLimiter } from './list-limiter.ts';

const signal = new AbortController().signal;

test('runs other work between two pages when no page yields', async () => {
  const limiter = new ListLimiter({ concurrency: 1, waitingMax: 100 });
  const order: string[] = [];
  const pages = Array.from({ length: 4 }, (_, i) =>
    limiter.run(signal, async () => {
      order.push(`page ${i}`);
      setImmediate(() => order.push('other'));
    }),
  );
  await Promise.all(pages);
  assert.deepEqual(order.slice(0, 6), ['page 0', 'other', 'page 1', 'other', 'page 2', 'other']);
});

test('builds pages up to the concurrency limit, and refuses more than may wait', async () => {
  const limiter = new ListLimiter({ concurrency: 2, waitingMax: 3 });
  const { promise: gone, resolve: go } = Promise.withResolvers<undefined>();
  let making = 0;
  const page = async (): Promise<number> => {
    making++;
    await gone;
    return making;
  };
  const accepted = Array.from({ length: 5 }, () => limiter.run(signal, page));
  await assert.rejects(limiter.run(signal, page), { code: 'busy' });
  await new Promise(setImmediate);
  assert.equal(making, 2);
  go(undefined);
  assert.equal((await Promise.all(accepted)).length, 5);
  assert.equal(await limiter.run(signal, page), 6);
});

test('refuses a page when its wait takes too long', async () => {
  const limiter = new ListLimiter({ concurrency: 1, waitMs: 0 });
  const { promise: gone, resolve: go } = Promise.withResolvers<undefined>();
  const slow = limiter.run(signal, () => gone).catch(() => undefined);
  const late = limiter.run(signal, () => assert.fail('the turn came too late'));
  go(undefined);
  await assert.rejects(late, { code: 'busy' });
  await slow;
});

test('builds no page when the client disconnected, and continues after a page that fails', async () => {
  const limiter = new ListLimiter({ concurrency: 1, waitingMax: 1 });
  const left = AbortSignal.abort(new Error('the client has left'));
  await assert.rejects(
    limiter.run(left, () => assert.fail('no page is made')),
    /the client has left/,
  );
  await assert.rejects(
    limiter.run(signal, () => Promise.reject(new Error('damaged'))),
    /damaged/,
  );
  assert.equal(await limiter.run(undefined, async () => 'page'), 'page');
});
