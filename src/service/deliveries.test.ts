import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deliveries } from './deliveries.ts';
import { receiversOf } from './receivers.ts';

const receivers = receiversOf([{ name: 'a', deliver: () => Promise.resolve() }]);
const [a = assert.fail()] = receivers;

test('of too many, who has taken those that were seen longest ago is forgotten', () => {
  const deliveries = new Deliveries(2);
  const isKnown = (name: string): boolean =>
    deliveries.of({ name, notifiedAt: null }).missing(receivers).length === 0;
  for (const name of ['one', 'two']) deliveries.of({ name, notifiedAt: null }).noteTaken(a);
  assert.equal(isKnown('one'), true);
  deliveries.of({ name: 'three', notifiedAt: null }).noteTaken(a);
  assert.deepEqual([isKnown('one'), isKnown('three')], [true, true]);
  assert.equal(isKnown('two'), false);
});

test('a receiver rests until a clock that was set back, not until that has come there again', () => {
  const [, hour] = [0, 3_600_000];
  const { backOff } = receiversOf([a.transport])[0] ?? assert.fail();
  backOff.noteFailure(10 * hour);
  assert.deepEqual(
    [10 * hour, 10 * hour + 999, 10 * hour + 1000].map((now) => backOff.endOfRest(now) - now),
    [1000, 1, 0],
  );
  assert.equal(backOff.endOfRest(hour), hour);
});
