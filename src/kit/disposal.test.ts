import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Disposal } from './disposal.ts';

test('disposes in the reverse order and reports the first failure when a part fails', async () => {
  const order: string[] = [];
  const parts = new Disposal();
  parts.use({ [Symbol.asyncDispose]: async () => void order.push('first') });
  parts.defer(() => {
    order.push('second');
    throw new Error('second failed');
  });
  parts.defer(() => void order.push('third'));
  await assert.rejects(parts[Symbol.asyncDispose](), /second failed/);
  assert.deepEqual(order, ['third', 'second', 'first']);
  await parts[Symbol.asyncDispose]();
});

test('disposes of nothing when the parts were moved', async () => {
  let disposals = 0;
  const parts = new Disposal();
  parts.defer(() => {
    disposals++;
  });
  const moved = parts.move();
  await parts[Symbol.asyncDispose]();
  assert.equal(disposals, 0);
  await moved[Symbol.asyncDispose]();
  assert.equal(disposals, 1);
});
