import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deliveries } from './deliveries.ts';
import { receiversOf } from './receivers.ts';

test('of too many, who has taken those that were seen longest ago is forgotten', () => {
  const receivers = receiversOf([{ name: 'a', deliver: () => Promise.resolve() }]);
  const [a = assert.fail()] = receivers;
  const deliveries = new Deliveries(2);
  const isTaken = (name: string): boolean =>
    deliveries.of({ name, notifiedAt: null }).missing(receivers).length === 0;
  for (const name of ['one', 'two']) deliveries.of({ name, notifiedAt: null }).noteTaken(a);
  assert.equal(isTaken('one'), true);
  deliveries.of({ name: 'three', notifiedAt: null }).noteTaken(a);
  assert.deepEqual([isTaken('one'), isTaken('three')], [true, true]);
  assert.equal(isTaken('two'), false);
});
