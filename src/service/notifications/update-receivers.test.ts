import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DeliveryAttempt,
  notificationHarness,
  type ReceiverBehavior,
  recordingTransports,
} from '../../testing/notification-harness.ts';

const always: ReceiverBehavior = () => true;

function idsTo(attempts: readonly DeliveryAttempt[], to: string): string[] {
  return attempts.filter((one) => one.to === to).map(({ id }) => id);
}

test('offers a receiver of updates the first change of each that it wants, and others every change', async (t) => {
  const { deliver, store, clock } = await notificationHarness(t, ['A', 'B', 'C']);
  const attempts: DeliveryAttempt[] = [];
  const [changes, updates] = recordingTransports(
    { changes: always, updates: always },
    { store, clock, attempts },
  );
  assert.ok(changes !== undefined && updates !== undefined);
  const wants = async ({ name }: { readonly name: string }) =>
    (await store.notifications.find(name))?.id !== 'A';
  await deliver(
    700,
    {},
    {
      transports: [changes, { ...updates, wants, isPerUpdate: true }],
      laterEvents: [[600, ['D', 'E']]],
    },
  );
  assert.deepEqual(idsTo(attempts, 'changes'), ['A', 'B', 'C', 'D', 'E']);
  assert.deepEqual(idsTo(attempts, 'updates'), ['B', 'D']);
});

test('repeats the same change to a receiver of updates until it accepts it', async (t) => {
  const { deliver, store, clock } = await notificationHarness(t, ['A', 'B', 'C']);
  const attempts: DeliveryAttempt[] = [];
  const [updates] = recordingTransports({ updates: (at) => at >= 10 }, { store, clock, attempts });
  assert.ok(updates !== undefined);
  await deliver(60, {}, { transports: [{ ...updates, isPerUpdate: true }] });
  assert.deepEqual(new Set(idsTo(attempts, 'updates')), new Set(['A']));
  assert.equal(attempts.filter(({ isAccepted }) => isAccepted).length, 1);
});
