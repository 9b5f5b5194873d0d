import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { readV4Lines, recordings, type V4Line } from '../../src/testing/recordings.ts';
import { type SharedEngine, sharedEngines } from '../../src/testing/store-engines.ts';
import { loadFeeds } from './replay/load-feeds.ts';
import { startEndpoints } from './replay/replay.ts';
import type { V4Deviations } from './replay/v4-deviations.ts';
import { serveV4Layers } from './replay/v4-layer-server.ts';
import { V4Replay } from './replay/v4-replay.ts';
import { v4DatabaseDeviations, v4MiscDeviations, v4RoleDeviations } from './replay/v4-state-deviations.ts';

const skip =
  existsSync(recordings) || process.env['CI'] !== undefined ? false : 'no recordings beside this checkout';

/** The ports of the API and of health checks in `startEndpoints`. */
const [apiPort, healthPort] = [16_060, 16_061];

for (const engine of sharedEngines) {
  test(`${engine.name}: v4 documents, health checks and full requests are like Clair's except for the listed deviations`, {
    skip,
  }, async (t) => {
    const { exchanges } = await start(t, engine, v4MiscDeviations);
    let waiting: V4Line | undefined;
    for (const line of readV4Lines('v4-misc')) {
      if (line.background !== undefined) waiting = requestOf(line, line.background);
      // The request that was under way ends before this one begins.
      if (line.note === 'free again' && waiting !== undefined) await exchanges.send(waiting);
      if (line.method !== undefined) await exchanges.repeat(line);
    }
    exchanges.finish(t);
  });

  test(`${engine.name}: one process has the v4 routes of all roles except for the listed deviations`, {
    skip,
  }, async (t) => {
    const { place, exchanges } = await start(t, engine, v4RoleDeviations);
    await loadFeeds(engine, place, { sources: ['ubuntu', 'osv'] });
    for (const line of readV4Lines('v4-roles')) if (line.method !== undefined) await exchanges.repeat(line);
    exchanges.finish(t);
  });

  test(`${engine.name}: v4 responds like Clair before and after its database was away except for the listed deviations`, {
    skip,
  }, async (t) => {
    const { place, exchanges } = await start(t, engine, v4DatabaseDeviations);
    await loadFeeds(engine, place, { sources: ['ubuntu', 'osv'] });
    // database-outage.test.ts tests the time between.
    for (const line of readV4Lines('v4-database-away').filter(({ note }) => note !== 'away'))
      if (line.method !== undefined) await exchanges.repeat(line);
    exchanges.finish(t);
  });
}

/** Returns a line of a request that was made beside others. Its headers were not recorded. */
function requestOf(
  { n, note }: V4Line,
  { method, path, ...more }: NonNullable<V4Line['background']>,
): V4Line {
  return { n, note, method, path, ...more };
}

async function start(
  t: TestContext,
  engine: SharedEngine,
  deviations: V4Deviations,
): Promise<{ readonly place: string; readonly exchanges: V4Replay }> {
  const place = await engine.createEmptyLocation(t);
  const { ports } = await startEndpoints(t, place);
  const [port, introspection] = [apiPort, healthPort].map(
    (recorded) => ports.get(recorded) ?? assert.fail('no port'),
  );
  assert.ok(port !== undefined && introspection !== undefined);
  return {
    place,
    exchanges: new V4Replay({ port, introspection, layers: await serveV4Layers(t) }, deviations),
  };
}

test('docs/reference/deviations.md explains these deviations of the v4 API', () => {
  const text = readFileSync(new URL('../../docs/reference/deviations.md', import.meta.url), 'utf8');
  const rules = [v4DatabaseDeviations, v4MiscDeviations, v4RoleDeviations]
    .flatMap(Object.values)
    .map(({ rule }) => rule as string);
  assert.deepEqual(
    [...new Set(rules)].filter((rule) => !text.includes(`\n### ${rule}\n`)),
    [],
  );
});
