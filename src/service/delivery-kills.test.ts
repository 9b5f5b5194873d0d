import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killDeliveries } from '../testing/delivery-kills.ts';
import { sharedEngines } from '../testing/store-engines.ts';

const timeout = 120_000;

/** `npm run fuzz:deliveries` tries many more. */
const kills = 5;

for (const engine of sharedEngines)
  test(`${engine.name}: killed senders and receivers lose no notification`, { timeout }, async (t) => {
    const { notifications, told, repeated, breaks } = await killDeliveries(
      engine,
      await engine.place(t),
      kills,
    );
    assert.equal(told, notifications);
    assert.ok(repeated <= breaks, `${repeated} came again, ${breaks} broke off`);
  });
