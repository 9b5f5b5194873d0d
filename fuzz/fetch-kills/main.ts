/**
 * Kills processes that fetch a published database at random points: one or two at once, with an empty cache or with an earlier version.
 * Checks that the cache has complete files only, and that the next scan gives the same report.
 * Run: node tools/bundle.ts && node fuzz/fetch-kills/main.ts [points]
 */
import { test } from 'node:test';
import { killFetch, openFetchKillScene } from '../../src/testing/fetch-kills.ts';

const points = Number(process.argv[2] ?? 500);
if (!(points > 0)) throw new Error('usage: main.ts [points]');

/** Number of points per subtest, which is reported when it ends. */
const pointsPerTest = 25;

void test(`${points} points`, async (context) => {
  const scene = await openFetchKillScene(context);
  for (let done = 0; done < points; done += pointsPerTest)
    await context.test(`points ${done + 1} to ${Math.min(done + pointsPerTest, points)}`, async () => {
      for (let i = done; i < Math.min(done + pointsPerTest, points); i++)
        await killFetch(scene, {
          point: Math.random() * 1.1,
          processes: 1 + (i % 2),
          hasEarlier: Math.floor(i / 2) % 2 === 1,
        });
    });
});
