import { test } from 'node:test';
import { killFetch, openFetchKillScene } from '../../src/testing/fetch-kills.ts';

test('gives the same report after processes that fetched a published database were killed', async (context) => {
  const scene = await openFetchKillScene(context);
  for (const point of [0, 0.2, 0.4, 0.6, 0.8])
    for (const hasEarlier of [false, true])
      await killFetch(scene, { point, hasEarlier, processes: point === 0.4 ? 2 : 1 });
});
