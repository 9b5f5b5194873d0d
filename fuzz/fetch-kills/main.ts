/**
 * Kills processes that fetch a published database at random points: one or two at once, with an empty cache or with an earlier version.
 * Checks that the cache has complete files only, and that the next scan gives the same report. A seed repeats the points, up to the speed
 * of the machine.
 * Run: node tools/bundle.ts && node fuzz/fetch-kills/main.ts [points] [seed]
 */
import { test } from 'node:test';
import { killFetch, openFetchKillScene } from '../../src/testing/fetch-kills.ts';
import { Random } from '../random.ts';

const points = Number(process.argv[2] ?? 500);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
if (!(points > 0) || !Number.isSafeInteger(seed)) throw new Error('usage: main.ts [points] [seed]');
console.log(`seed ${seed}`);

/** Number of points per subtest, which is reported when it ends. */
const pointsPerTest = 25;
const random = new Random(seed);

void test(`${points} points`, async (context) => {
  const scene = await openFetchKillScene(context);
  for (let done = 0; done < points; done += pointsPerTest)
    await context.test(`points ${done + 1} to ${Math.min(done + pointsPerTest, points)}`, async () => {
      for (let i = done; i < Math.min(done + pointsPerTest, points); i++)
        await killFetch(scene, {
          point: random.below(1100) / 1000,
          processes: 1 + (i % 2),
          hasEarlier: Math.floor(i / 2) % 2 === 1,
        });
    });
});
