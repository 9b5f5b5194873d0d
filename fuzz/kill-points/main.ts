/**
 * Kills a process that writes to the store at random points. Checks that no feed, image, name, lock or job is incomplete, lost or stuck.
 * Then kills a process that moves images of an earlier program as often, and one that creates the tables a fifth as often.
 * Run: node fuzz/kill-points/main.ts [--engine sqlite|postgresql] [points]
 */
import { type TestContext, test } from 'node:test';
import { parseArgs } from 'node:util';
import {
  killOnce,
  killWhileMoving,
  killWhileOpening,
  movingMs,
  openingMs,
} from '../../src/testing/kill-points.ts';
import { sharedEngines } from '../../src/testing/store-engines.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string' } },
});
const points = Number(positionals[0] ?? 1000);
const engines = sharedEngines.filter(({ name }) => name.startsWith(values.engine ?? ''));
if (engines.length === 0 || !(points > 0))
  throw new Error('usage: main.ts [--engine sqlite|postgresql] [points]');

/** Number of points per test. All processes of a test write to one database: what a killed one leaves may impede the next. */
const pointsPerTest = 50;

const batches = Array.from({ length: Math.ceil(points / pointsPerTest) }, (_, batch) => {
  const done = batch * pointsPerTest;
  const count = Math.min(pointsPerTest, points - done);
  return { title: `points ${done + 1} to ${done + count}`, count };
});

for (const engine of engines) {
  for (const { title, count } of batches)
    void test(`${engine.name}: ${title}`, async (context: TestContext) => {
      const place = await engine.createLocation(context);
      for (let i = 0; i < count; i++) await killOnce(engine, place, Math.random());
    });
  const starts = Math.ceil(points / 5);
  void test(`${engine.name}: ${starts} points while the tables are created`, async (context: TestContext) => {
    const spanMs = await openingMs(engine, await engine.createEmptyLocation(context));
    for (let i = 0; i < starts; i++)
      await killWhileOpening(engine, await engine.createEmptyLocation(context), Math.random() * spanMs);
  });
  for (const { title, count } of batches)
    void test(`${engine.name}: ${title} while images are moved`, async (context: TestContext) => {
      const spanMs = await movingMs(engine, await engine.createEmptyLocation(context));
      for (let i = 0; i < count; i++)
        await killWhileMoving(engine, await engine.createEmptyLocation(context), Math.random() * spanMs);
    });
}
