import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gather } from './gather.ts';

test('a short stream comes whole, and a longer one is closed where it is known to be longer', async () => {
  let given = 0;
  let isClosed = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of ['ab', 'cd', 'ef', 'gh']) {
        given++;
        yield await Promise.resolve(Buffer.from(piece));
      }
    } finally {
      isClosed = true;
    }
  }
  assert.equal((await gather(body(), 8))?.toString(), 'abcdefgh');
  [given, isClosed] = [0, false];
  assert.equal(await gather(body(), 3), undefined);
  assert.deepEqual([given, isClosed], [2, true]);
});
