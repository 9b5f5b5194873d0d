import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killBackfill } from '../../testing/backfill-kills.ts';
import { sharedEngines } from '../../testing/store-engines.ts';

const timeout = 120_000;

/** `npm run fuzz:backfill-kills` runs many more. */
const [kills, images] = [2, 8];

for (const engine of sharedEngines)
  test(`${engine.name}: assesses every image of a backfill once when its processes are killed`, {
    timeout,
  }, async (t) => {
    const terms = { kills, images, random: Math.random };
    const place = await engine.createLocation(t);
    const { assessed, killed } = await killBackfill(t, engine, place, terms);
    assert.equal(assessed, images);
    // A database that is a file is not killed, and the shared server of the tests must not be.
    assert.deepEqual([killed.api + killed.worker, killed.database], [kills, 0]);
  });
