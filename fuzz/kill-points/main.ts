/**
 * Kills a process that writes to the store, at random points and as often as is wished, and looks each time whether a feed, an
 * image or a layer was left half done. Run: node fuzz/kill-points/main.ts [--engine sqlite|postgresql] [points]
 */
import { type TestContext, test } from 'node:test';
import { parseArgs } from 'node:util';
import { killOnce } from '../../src/testing/kill-points.ts';
import { sharedEngines } from '../../src/testing/store-engines.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string' } },
});
const points = Number(positionals[0] ?? 1000);
const engines = sharedEngines.filter(({ name }) => name.startsWith(values.engine ?? ''));
if (engines.length === 0 || !(points > 0))
  throw new Error('usage: main.ts [--engine sqlite|postgresql] [points]');

/** History is not collected: a new database now and then keeps the points as close to each other as they were. */
const pointsPerDatabase = 50;

for (const engine of engines) {
  for (let done = 0; done < points; done += pointsPerDatabase) {
    const count = Math.min(pointsPerDatabase, points - done);
    void test(`${engine.name}: points ${done + 1} to ${done + count}`, async (context: TestContext) => {
      const place = await engine.place(context);
      for (let i = 0; i < count; i++) await killOnce(engine, place, Math.random());
    });
  }
}
