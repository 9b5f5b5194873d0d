import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { readV4Lines, recordings, type V4Line } from '../../src/testing/recordings.ts';
import { type SharedEngine, sharedEngines } from '../../src/testing/store-engines.ts';
import {
  clairctlDeviations,
  clairctlReportDeviations,
  v4ParallelDeviations,
} from './replay/v4-client-deviations.ts';
import { type SlowLayer, serveV4Layers, type V4LayerServer } from './replay/v4-layer-server.ts';
import { V4Replay } from './replay/v4-replay.ts';
import { runServer, type ServeProcess } from './serve-process.ts';

const skip =
  existsSync(recordings) || process.env['CI'] !== undefined ? false : 'no recordings beside this checkout';
const timeout = 120_000;

for (const engine of sharedEngines)
  test(`${engine.name}: v4 indexes a manifest for several clients, and after a client or a server is gone, like Clair except for the listed deviations`, {
    skip,
    timeout,
  }, async (t) => {
    const scene = await startScene(t, engine);
    for (const line of readV4Lines('v4-parallel')) {
      if (line.parallel !== undefined) await repeatTogether(line, scene);
      else if (line.left !== undefined) await leave(line.left, scene);
      else if (line.n === lines.terminated) await scene.terminate(line);
      else if (line.n === lines.killed) await scene.kill(line);
      else if (line.n === lines.longAfterLeft) await repeatWhenDone(line, scene);
      else if (line.status !== undefined || line.layer_requests !== undefined)
        await scene.exchanges.repeat(line);
    }
    scene.exchanges.finish(t);
  });

/** Lines of the recording. */
const lines = { longAfterLeft: 12, terminated: 17, killed: 21 } as const;

interface Scene {
  readonly exchanges: V4Replay;
  readonly layers: V4LayerServer;
  /** The layer that was requested for a client that left. */
  abandoned?: SlowLayer;
  /** Stops the server while it indexes a manifest, and starts it again. */
  terminate(line: V4Line): Promise<void>;
  /** Kills the server while it indexes a manifest, and starts it again. */
  kill(line: V4Line): Promise<void>;
}

async function startScene(t: TestContext, engine: SharedEngine): Promise<Scene> {
  const place = await engine.createEmptyLocation(t);
  const layers = await serveV4Layers(t);
  let server = await serve(t, engine, place);
  const exchanges = new V4Replay({ port: server.ports.api, layers }, v4ParallelDeviations);
  const restart = async (): Promise<void> => {
    server = await serve(t, engine, place);
    exchanges.use(server.ports.api);
  };
  return {
    exchanges,
    layers,
    async terminate(line) {
      const layer = nextSlow(layers);
      // What Clair answered is in the recording as bytes.
      const post = exchanges.repeat({ ...postAfter(line), status: 500, response_body: '' });
      const { send } = await layer;
      const ended = server.end();
      await server.logged('stopping');
      send();
      await post;
      assert.equal((await ended).status, 0);
      await restart();
    },
    async kill(line) {
      const layer = nextSlow(layers);
      const post = exchanges.send(postAfter(line));
      await layer;
      server.signal('SIGKILL');
      await assert.rejects(post, /socket hang up|ECONNRESET/);
      await restart();
    },
  };
}

async function nextSlow({ slow }: V4LayerServer): Promise<SlowLayer> {
  const [layer] = (await once(slow, 'request')) as [SlowLayer];
  return layer;
}

/** The request that was under way is not in the recording. It is the next one, with a slow layer. */
function postAfter({ n, note }: V4Line): V4Line {
  const next = readV4Lines('v4-parallel').find((line) => line.n > n && line.method === 'POST');
  assert.ok(next?.method !== undefined && next.path !== undefined);
  const { method, path, request_body: body } = next;
  return { n, note, method, path, request_body: body?.replace('/unique-', '/slow/5/unique-') };
}

async function serve(t: TestContext, engine: SharedEngine, place: string): Promise<ServeProcess> {
  const isPostgres = engine.name === 'postgresql';
  return await runServer(t, ['serve'], {
    CLAIR_DATABASE_TYPE: isPostgres ? 'pgsql' : 'sqlite',
    [isPostgres ? 'CLAIR_DATABASE_OPTIONS_SOURCE' : 'CLAIR_DATABASE_OPTIONS_PATH']: place,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
  });
}

/** Repeats requests that were under way together. A slow layer is sent after all that can be answered without it. */
async function repeatTogether(
  { n, note, parallel = [] }: V4Line,
  { exchanges, layers }: Scene,
): Promise<void> {
  const requests = parallel.map((request, i) => ({
    ...request,
    note,
    n: Number(`${n}.${String(i + 1).padStart(2, '0')}`),
  }));
  if (!requests.some(({ request_body: body }) => body?.includes('/slow/') ?? false)) {
    await Promise.all(requests.map((request) => exchanges.repeat(request)));
    return;
  }
  const posts = new Map<unknown, Promise<void>[]>();
  const held: SlowLayer[] = [];
  for (const request of requests) {
    const layer = nextSlow(layers);
    const repeated = exchanges.repeat(request);
    const { method, request_body: body } = request;
    if (method === 'POST' && !posts.has(body)) held.push(await layer);
    if (method !== 'POST') await repeated;
    posts.set(body, [...(posts.get(body) ?? []), repeated]);
  }
  for (const { send } of held) send();
  await Promise.all([...posts.values()].flat());
}

/** Posts a manifest, and disconnects while the server requests its layer. */
async function leave(left: NonNullable<V4Line['left']>, scene: Scene): Promise<void> {
  const layer = nextSlow(scene.layers);
  const client = new AbortController();
  const post = scene.exchanges.send({ n: 0, note: '', ...left }, client.signal);
  scene.abandoned = await layer;
  client.abort();
  await assert.rejects(post);
}

/** Sends the layer that was requested for the client that left, and repeats a request for its report once there is one. */
async function repeatWhenDone(line: V4Line, { exchanges, abandoned }: Scene): Promise<void> {
  abandoned?.send();
  while ((await exchanges.send(line)).status === 404);
  await exchanges.repeat(line);
}

test('docs/reference/deviations.md explains the deviations from clients of Clair v4', () => {
  const text = readFileSync(new URL('../../docs/reference/deviations.md', import.meta.url), 'utf8');
  const rules = [
    ...Object.values({ ...v4ParallelDeviations, ...clairctlDeviations }).map(({ rule }) => rule),
    ...Object.values(clairctlReportDeviations).flatMap((one) => one.rules),
  ];
  assert.deepEqual(
    [...new Set(rules)].filter((rule) => !text.includes(`\n### ${rule}\n`)),
    [],
  );
});
