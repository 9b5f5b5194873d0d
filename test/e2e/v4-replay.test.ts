import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { readV4Lines, recordings, type V4Line } from '../../src/testing/recordings.ts';
import { type SharedEngine, sharedEngines } from '../../src/testing/store-engines.ts';
import { startEndpoints } from './replay/replay.ts';
import { type V4Deviations, v4ImageDeviations, v4IndexDeviations } from './replay/v4-deviations.ts';
import { serveV4Layers } from './replay/v4-layer-server.ts';
import { V4Replay } from './replay/v4-replay.ts';

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
}

async function replay(
  t: TestContext,
  engine: SharedEngine,
  lines: readonly V4Line[],
  deviations: V4Deviations,
): Promise<void> {
  const { ports } = await startEndpoints(t, await engine.createEmptyLocation(t));
  const port = ports.get(apiPort) ?? assert.fail('no port');
  const exchanges = new V4Replay({ port, layers: await serveV4Layers(t) }, deviations);
  for (const line of lines) await exchanges.repeat(line);
  exchanges.finish(t);
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
