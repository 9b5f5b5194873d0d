import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killDeliveries } from '../../testing/delivery-kills.ts';
import { sharedEngines } from '../../testing/store-engines.ts';

const timeout = 120_000;

/** `npm run fuzz:deliveries` runs many more. */
const kills = 5;

for (const engine of sharedEngines)
  for (const mode of ['name', 'digest'] as const)
    test(`${engine.name}: loses no notification when senders and receivers are killed (mode ${mode})`, {
      timeout,
    }, async (t) => {
      const place = await engine.createLocation(t);
      const { expected, delivered, repeated, interruptions } = await killDeliveries(engine, place, {
        kills,
        mode,
      });
      assert.equal(delivered, expected);
      assert.ok(repeated <= interruptions, `${repeated} repeated, ${interruptions} interrupted`);
    });
