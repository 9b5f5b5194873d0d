import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { Store } from '../store.ts';

const start = Date.parse('2026-01-02T00:00:00Z');
const seenAt = new Date(start).toISOString();

async function publish(store: Store, ids: readonly string[]): Promise<void> {
  const update = feedUpdate({ acceptShrunk: true, fingerprint: ids.join(' ') });
  await store.advisories.apply(update, stream(ids.map((id) => record(id))));
}

for (const engine of storeEngines) {
  const open = async (t: Parameters<typeof engine.create>[0]) => {
    const store = await engine.create(t)({ now: () => start });
    await publish(store, []);
    return { store, notifications: store.notifications };
  };

  test(`${engine.name}: the first transport begins behind all changes, which get no notifications`, async (t) => {
    const { store, notifications } = await open(t);
    await publish(store, ['A', 'B']);
    assert.deepEqual(await notifications.beginTransports(['slack']), [
      { transport: 'slack', afterEvent: 2, seenAt, skipped: 2 },
    ]);
    assert.equal(await notifications.createFromEvents(9), 0);
    await publish(store, ['A', 'B', 'C']);
    assert.equal(await notifications.createFromEvents(9), 1);
    assert.deepEqual(await notifications.beginTransports(['slack']), [
      { transport: 'slack', afterEvent: 2, seenAt },
    ]);
  });

  test(`${engine.name}: a later transport begins behind what others have not been sent`, async (t) => {
    const { store, notifications } = await open(t);
    assert.deepEqual(await notifications.beginTransports(['slack']), [
      { transport: 'slack', afterEvent: 0, seenAt, skipped: 0 },
    ]);
    await publish(store, ['A', 'B']);
    await notifications.createFromEvents(1);
    assert.deepEqual(await notifications.beginTransports(['email', 'slack']), [
      { transport: 'slack', afterEvent: 0, seenAt },
      { transport: 'email', afterEvent: 2, seenAt, skipped: 2 },
    ]);
    assert.equal(await notifications.createFromEvents(9), 1, 'the earlier transport gets the rest');
  });

  test(`${engine.name}: the transports of an earlier version get all`, async (t) => {
    const { store, notifications } = await open(t);
    await publish(store, ['A']);
    // The notifier of an earlier version has created notifications, and recorded no transport.
    await notifications.createFromEvents(9);
    await publish(store, ['A', 'B']);
    assert.deepEqual(await notifications.beginTransports(['slack']), [
      { transport: 'slack', afterEvent: 0, seenAt, skipped: 0 },
    ]);
    assert.equal(await notifications.createFromEvents(9), 1);
  });
}
