import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { builtIn } from '../../src/extensions.ts';
import { updateFeeds } from '../../src/service/feeds/update-feeds.ts';
import { mirrorClient } from '../../src/source/client/mirror.ts';
import { readV4Lines, recordings, type V4Line } from '../../src/testing/recordings.ts';
import { type SharedEngine, sharedEngines } from '../../src/testing/store-engines.ts';
import { startEndpoints } from './replay/replay.ts';
import {
  type V4Deviations,
  v4AuthDeviations,
  v4ImageDeviations,
  v4IndexDeviations,
  v4MatchDeviations,
} from './replay/v4-deviations.ts';
import { serveV4Layers } from './replay/v4-layer-server.ts';
import { V4Replay } from './replay/v4-replay.ts';
import { recordedKey } from './replay/v4-tokens.ts';

const skip =
  existsSync(recordings) || process.env['CI'] !== undefined ? false : 'no recordings beside this checkout';

/** The port of the API in `startEndpoints`. */
const apiPort = 16_060;

for (const engine of sharedEngines) {
  test(`${engine.name}: the v4 indexer responds like Clair except for the listed deviations`, {
    skip,
  }, async (t) => {
    const lines = readV4Lines('v4-index').filter((line) => !isOfMatcher(line));
    await replay(t, engine, lines, v4IndexDeviations);
  });

  test(`${engine.name}: the v4 indexer lists packages and distributions like Clair except for the listed deviations`, {
    skip,
  }, async (t) => {
    await replay(t, engine, readV4Lines('v4-images'), v4ImageDeviations);
  });

  test(`${engine.name}: the v4 API accepts the tokens that Clair accepts except for the listed deviations`, {
    skip,
  }, async (t) => {
    const place = await engine.createEmptyLocation(t);
    const exchanges = await startReplay(t, place, v4AuthDeviations, {
      CLAIR_API_V4_PSKKEY: recordedKey,
      CLAIR_API_V4_PSKISSUERS: 'quay,clairctl',
    });
    for (const line of readV4Lines('v4-auth').filter((one) => !isOfMatcher(one) && one.port === undefined))
      await exchanges.repeat(line);
    exchanges.finish(t);
  });

  test(`${engine.name}: the v4 matcher finds what Clair finds except for the listed deviations`, {
    skip,
  }, async (t) => {
    const place = await engine.createEmptyLocation(t);
    const exchanges = await startReplay(t, place, v4MatchDeviations);
    for (const line of readV4Lines('v4-match').filter((one) => !isOfMatcher(one) && !isOfLaterFeeds(one))) {
      if (line.n === feedsUp) await loadFeeds(engine, place);
      await exchanges.repeat(line);
    }
    exchanges.finish(t);
  });
}

async function replay(
  t: TestContext,
  engine: SharedEngine,
  lines: readonly V4Line[],
  deviations: V4Deviations,
): Promise<void> {
  const exchanges = await startReplay(t, await engine.createEmptyLocation(t), deviations);
  for (const line of lines) await exchanges.repeat(line);
  exchanges.finish(t);
}

async function startReplay(
  t: TestContext,
  place: string,
  deviations: V4Deviations,
  env: Readonly<Record<string, string>> = {},
): Promise<V4Replay> {
  const { ports } = await startEndpoints(t, place, env);
  const port = ports.get(apiPort) ?? assert.fail('no port');
  return new V4Replay({ port, layers: await serveV4Layers(t) }, deviations);
}

/** The line of the recording of the matcher in which the feeds are loaded, and those in which they change. */
const feedsUp = 11;
const [laterFeedsFrom, laterFeedsTo] = [110, 140];

function isOfLaterFeeds({ n }: V4Line): boolean {
  return n >= laterFeedsFrom && n <= laterFeedsTo;
}

/** Loads the feeds of the recording. */
async function loadFeeds(engine: SharedEngine, place: string): Promise<void> {
  await using store = await engine.open(place, {});
  const { sources, enrichers, schemes } = builtIn;
  const feeds = [...sources, ...enrichers].flatMap((source) =>
    source.feeds.map((feed) => ({ source, feed })),
  );
  await updateFeeds(feeds, {
    ...{ store, schemes, origin: 'upstream', maxAgeMs: 0, now: store.now, owner: 'test', lockWaitMs: 0 },
    ...{ sleep: () => Promise.resolve(), onProgress: () => undefined },
    client: mirrorClient(join(recordings, 'feeds-v4')),
  });
}

/** Whether it is a request that Clair's matcher makes to its indexer. Here both are one process. */
function isOfMatcher({ path = '' }: V4Line): boolean {
  return path.includes('/internal/');
}

test('docs/reference/deviations.md explains every deviation of the v4 API', () => {
  const text = readFileSync(new URL('../../docs/reference/deviations.md', import.meta.url), 'utf8');
  const headings = new Set(Array.from(text.matchAll(/^### (.+)$/gm), ([, heading = '']) => heading));
  const rules = [v4IndexDeviations, v4ImageDeviations]
    .flatMap(Object.values)
    .map(({ rule }) => rule as string);
  assert.deepEqual(
    [...new Set(rules)].filter((rule) => !headings.has(rule)),
    [],
  );
});
