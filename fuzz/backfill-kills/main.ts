/**
 * Kills the processes of a backfill at random points: the one that takes notifications, the one that scans, and on PostgreSQL the database.
 * Checks that each image is known under its name once. Run: node fuzz/backfill-kills/main.ts [--engine sqlite|postgresql] [--images N] [points]
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { killBackfill } from '../../src/testing/backfill-kills.ts';
import { postgresServer } from '../../src/testing/postgres-server.ts';
import { sharedEngines } from '../../src/testing/store-engines.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string' }, images: { type: 'string', default: '300' } },
});
const kills = Number(positionals[0] ?? 300);
const images = Number(values.images);
const engines = sharedEngines.filter(({ name }) => name.startsWith(values.engine ?? ''));
if (engines.length === 0 || !(kills > 0) || !(images > 0))
  throw new Error('usage: main.ts [--engine sqlite|postgresql] [--images N] [points]');

for (const engine of engines)
  void test(`${engine.name}: ${kills} kills`, async (context) => {
    const restartDatabase = engine.name === 'postgresql' ? (await postgresServer()).restart : undefined;
    const place = await engine.createEmptyLocation(context);
    const end = await killBackfill(context, engine, place, {
      kills,
      images,
      random: Math.random,
      restartDatabase,
    });
    context.diagnostic(JSON.stringify(end));
    assert.equal(end.assessed, images);
  });
