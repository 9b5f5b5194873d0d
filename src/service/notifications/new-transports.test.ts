import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  notificationHarness,
  publishVulnerabilities,
  type ReceiverBehavior,
} from '../../testing/notification-harness.ts';
import { isBeforeStart } from './delivery-state.ts';

const always: ReceiverBehavior = () => true;

test('sends earlier notifications to the transport that misses them, and later ones to a new one as well', async (t) => {
  const { deliver, store, failures } = await notificationHarness(t, []);
  const begin = (names: readonly string[]) => store.notifications.beginTransports(names);
  await begin(['old']);
  await publishVulnerabilities(store, ['A', 'B']);
  const laterEvents = [[60, ['A', 'B', 'C']]] as const;
  const tries = await deliver(120, { old: always, new: always }, { begin, laterEvents });
  assert.deepEqual(
    tries.map(({ to, id }) => `${to} ${id}`),
    ['old A', 'old B', 'old C', 'new C'],
  );
  assert.deepEqual(failures, []);
});

test('sends an earlier notification to a new transport when a client asks for it', async (t) => {
  const { deliver, store } = await notificationHarness(t, []);
  const begin = (names: readonly string[]) => store.notifications.beginTransports(names);
  await begin(['gone']);
  await publishVulnerabilities(store, ['A', 'B']);
  assert.deepEqual(await deliver(60, { new: always }, { begin }), []);
  const { notifications } = await store.notifications.pageNewest('skipped', { limit: 9 });
  assert.deepEqual(
    notifications.map(({ id }) => id).toSorted(),
    ['A', 'B'],
    'no receiver wants them, so they are not due for ever',
  );
  await store.notifications.resend(notifications.find(({ id }) => id === 'A')?.name ?? '');
  const tries = await deliver(180, { new: always }, { begin });
  assert.deepEqual(
    tries.map(({ id }) => id),
    ['A'],
  );
});

test('asks the store for the beginning again if it did not answer', async (t) => {
  const { deliver, store, failures } = await notificationHarness(t, ['A']);
  let calls = 0;
  const begin = async (names: readonly string[]) => {
    if (++calls < 3) throw new Error('gone');
    return await store.notifications.beginTransports(names);
  };
  const laterEvents = [[60, ['B']]] as const;
  const tries = await deliver(120, { new: always }, { begin, laterEvents });
  assert.deepEqual(failures, ['store: Error: gone', 'store: Error: gone']);
  assert.deepEqual(
    tries.map(({ id }) => id),
    ['B'],
  );
});

test('a batch is from before the start if it was created before', () => {
  const start = { transport: 'slack', afterEvent: 7, seenAt: '2026-01-02T00:00:00.000Z' };
  const isSkipped = (createdAt: string) => isBeforeStart({ createdAt }, start);
  assert.equal(isSkipped('2026-01-01T23:59:59.999Z'), true);
  assert.equal(isSkipped('2026-01-02T00:00:00.000Z'), false);
});
