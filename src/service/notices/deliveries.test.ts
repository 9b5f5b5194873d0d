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

test('what one refuses while the other rests is told when the first of them may be', () => {
  const receivers = receiversOf(['a', 'b'].map((name) => ({ name, deliver: () => Promise.resolve() })));
  const [a = assert.fail(), b = assert.fail()] = receivers;
  const delivery = new Deliveries().of({ name: 'one', notifiedAt: null });
  for (let i = 0; i < 3; i++) b.backOff.noteFailure(0);
  assert.equal(delivery.nextAt(receivers, 0), 0);
  a.backOff.noteSuccess();
  delivery.noteRefused(a, 0, 1);
  assert.equal(delivery.nextAt(receivers, 0), 4000, 'b may be told before a is asked for the same again');
  assert.deepEqual([delivery.isReady(a, 5000), delivery.isReady(b, 5000)], [false, true]);
  delivery.noteRefused(b, 0, 9);
  assert.equal(delivery.nextAt(receivers, 0), 1000);
  delivery.noteTaken(b);
  assert.equal(delivery.nextAt(receivers, 0), 900_000);
});
