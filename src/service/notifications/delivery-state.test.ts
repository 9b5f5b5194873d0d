import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryStateCache, receiversOf } from './delivery-state.ts';

test('forgets the deliveries used longest ago when there are too many', () => {
  const receivers = receiversOf([{ name: 'a', deliver: () => Promise.resolve() }]);
  const [a = assert.fail()] = receivers;
  const states = new DeliveryStateCache(2);
  const isDelivered = (name: string): boolean =>
    states.stateOf({ name, notifiedAt: null }).pending(receivers).length === 0;
  for (const name of ['one', 'two']) states.stateOf({ name, notifiedAt: null }).recordDelivered(a);
  assert.equal(isDelivered('one'), true);
  states.stateOf({ name: 'three', notifiedAt: null }).recordDelivered(a);
  assert.deepEqual([isDelivered('one'), isDelivered('three')], [true, true]);
  assert.equal(isDelivered('two'), false);
});

test('schedules a rejected notification when the first pending receiver can be tried', () => {
  const receivers = receiversOf(['a', 'b'].map((name) => ({ name, deliver: () => Promise.resolve() })));
  const [a = assert.fail(), b = assert.fail()] = receivers;
  const delivery = new DeliveryStateCache().stateOf({ name: 'one', notifiedAt: null });
  for (let i = 0; i < 3; i++) b.backoff.recordFailure(0);
  assert.equal(delivery.nextAttemptAt(receivers, 0), 0);
  a.backoff.recordSuccess();
  delivery.recordFailure(a, 0, 1);
  assert.equal(delivery.nextAttemptAt(receivers, 0), 4000, 'b can be tried before a is retried');
  assert.deepEqual([delivery.isReady(a, 5000), delivery.isReady(b, 5000)], [false, true]);
  delivery.recordFailure(b, 0, 9);
  assert.equal(delivery.nextAttemptAt(receivers, 0), 1000);
  delivery.recordDelivered(b);
  assert.equal(delivery.nextAttemptAt(receivers, 0), 900_000);
});
