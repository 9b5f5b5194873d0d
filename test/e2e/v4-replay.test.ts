import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { builtIn } from '../../src/extensions.ts';
import { manifestOfName } from '../../src/model/digest.ts';
import { affectedPage } from '../../src/service/notifications/notification-message.ts';
import { readV4Lines, recordings, type V4Line } from '../../src/testing/recordings.ts';
import { type SharedEngine, sharedEngines } from '../../src/testing/store-engines.ts';
import { loadFeeds } from './replay/load-feeds.ts';
import { startEndpoints } from './replay/replay.ts';
import {
  type V4Deviations,
  v4AuthDeviations,
  v4ImageDeviations,
  v4IndexDeviations,
  v4MatchDeviations,
  v4NotifyDeviations,
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
    const lines = readV4Lines('v4-index');
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
    const env = { CLAIR_API_V4_PSKKEY: recordedKey, CLAIR_API_V4_PSKISSUERS: 'quay,clairctl' };
    const exchanges = await startReplay(t, place, v4AuthDeviations, { env });
    for (const line of readV4Lines('v4-auth').filter(({ port }) => port === undefined))
      await exchanges.repeat(line);
    exchanges.finish(t);
  });

  test(`${engine.name}: the v4 matcher finds what Clair finds except for the listed deviations`, {
    skip,
  }, async (t) => {
    const place = await engine.createEmptyLocation(t);
    const exchanges = await startReplay(t, place, v4MatchDeviations);
    for (const line of readV4Lines('v4-match')) {
      if (line.n === feedsUp) await loadFeeds(engine, place);
      if (line.n === feedsChange) await loadFeeds(engine, place, { directory: changedFeeds(t) });
      await exchanges.repeat(line);
    }
    exchanges.finish(t);
  });

  test(`${engine.name}: the v4 notifier responds like Clair except for the listed deviations`, {
    skip,
  }, async (t) => {
    const place = await engine.createEmptyLocation(t);
    const lines = readV4Lines('v4-notify').filter(({ status }) => status !== undefined);
    const manifests = await startReplay(t, place, v4NotifyDeviations);
    for (const line of lines.filter(({ n }) => n < firstPageLine)) await manifests.repeat(line);
    await loadFeeds(engine, place);
    await loadFeeds(engine, place, { directory: changedFeeds(t) });
    const notifications = new Map(Object.values(recordedNotifications).map((id) => [id, '']));
    const [name, affected] = await notificationOf(engine, place, 'CVE-2026-90003');
    for (const id of notifications.keys()) notifications.set(id, name);
    // The manifests that the recording has for this change.
    assert.deepEqual(affected, recordedManifests);
    const exchanges = await startReplay(t, place, v4NotifyDeviations, { notifications });
    for (const line of lines.filter(({ n }) => n >= firstPageLine)) await exchanges.repeat(line);
    exchanges.finish(t);
  });
}

/** The line of the recording of the notifier in which its pages begin. */
const firstPageLine = 13;

/** Ids of the notifications in the recording. */
const recordedNotifications = {
  debian: 'c3435359-022f-4c0f-a08b-d04521d5b08e',
  alpine: '148b9006-87b9-4fba-b300-b6b4756b2818',
  pypi: '1f06f1d9-fa9e-4c71-84aa-ed9289c08869',
  changed: '6c986bf2-fe6d-47b8-84e9-ed2447819d77',
  second: 'ba58a6a6-b4ff-4e4c-9ce3-2ea8baba616c',
} as const;

/** The manifests of the recording that CVE-2026-90003 affects: `alpine` and `img-alpine-minirootfs-3.20.3`. */
const recordedManifests = [
  'sha256:2d37e29d64643af5b6054ae73a61e0ac1505e3d39ffadc283a39fb8d9885f7bb',
  'sha256:54c5b3dd459d5ef778bb2fa1e23a5fb0e1b62ae66970bcb436e8f81a1a1a8e41',
];

/** Returns a directory with the changed feeds of the recording, and the others. */
function changedFeeds(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'clair-feeds-'));
  t.after(() => {
    rmSync(directory, { recursive: true });
  });
  for (const folder of ['feeds-v4', 'feeds-v4-next'])
    cpSync(join(recordings, folder), directory, { recursive: true, force: true, preserveTimestamps: true });
  return directory;
}

/** Returns the notification of the update with a new vulnerability, and the manifests that this affects. */
async function notificationOf(
  engine: SharedEngine,
  place: string,
  id: string,
): Promise<readonly [name: string, manifests: readonly string[]]> {
  await using store = await engine.open(place, {});
  await store.notifications.createFromEvents(1000);
  const found = (await store.notifications.findDue(1000)).find((one) => one.id === id);
  const notification = found ?? assert.fail(`no notification about ${id}`);
  const { images } = await affectedPage(notification, { limit: 100 }, { store, extensions: builtIn });
  const names = images.flatMap((image) => image.names.flatMap((name) => manifestOfName(name) ?? []));
  return [await store.notifications.representUpdate(notification.name), names.sort()];
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

interface ReplayOptions {
  /** Further settings. */
  readonly env?: Readonly<Record<string, string>>;
  /** Our notifications by the ids of the recorded ones. */
  readonly notifications?: ReadonlyMap<string, string>;
}

async function startReplay(
  t: TestContext,
  place: string,
  deviations: V4Deviations,
  { env = {}, notifications = new Map() }: ReplayOptions = {},
): Promise<V4Replay> {
  const { ports } = await startEndpoints(t, place, env);
  const port = ports.get(apiPort) ?? assert.fail('no port');
  return new V4Replay({ port, layers: await serveV4Layers(t), notifications }, deviations);
}

/** The lines of the recording of the matcher in which the feeds are loaded, and in which they change. */
const feedsUp = 11;
const feedsChange = 113;

test('docs/reference/deviations.md explains every deviation of the v4 API', () => {
  const text = readFileSync(new URL('../../docs/reference/deviations.md', import.meta.url), 'utf8');
  const headings = new Set(Array.from(text.matchAll(/^### (.+)$/gm), ([, heading = '']) => heading));
  const rules = [
    v4IndexDeviations,
    v4ImageDeviations,
    v4MatchDeviations,
    v4AuthDeviations,
    v4NotifyDeviations,
  ]
    .flatMap(Object.values)
    .map(({ rule }) => rule as string);
  assert.deepEqual(
    [...new Set(rules)].filter((rule) => !headings.has(rule)),
    [],
  );
});
