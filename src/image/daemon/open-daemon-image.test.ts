import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import {
  bytesResponse,
  type DaemonRoutes,
  daemonEnvironment,
  dockerRoutes,
  errorResponse,
  exportForms,
  jsonResponse,
  podmanRoutes,
  startDaemon,
  startDocker,
  type TestDaemon,
} from '../../testing/daemon.ts';
import { failureOf } from '../../testing/failure.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { type BuiltImage, buildImage, dockerArchive, type ImagePlan } from '../../testing/image-builder.ts';
import { collectAll } from '../../testing/streams.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import type { Image } from '../image.ts';
import type { LayerReadResult } from '../layer/layer-walk.ts';
import { readLayers } from '../layer/read-layer.ts';
import { readStreamedLayers } from '../layer/read-streamed-layers.ts';
import { WantedPaths } from '../layer/wanted-paths.ts';
import { openImage } from '../open-image.ts';
import { type DaemonOptions, openDaemonImage } from './open-daemon-image.ts';

const directory = mkdtempSync(join(tmpdir(), 'clair-daemon-'));
after(() => {
  rmSync(directory, { recursive: true });
});

const base = tar([
  { path: 'etc/os-release', content: 'ID=alpine' },
  { path: 'lib/apk/db/installed', content: 'P:musl\n' },
  { path: 'usr/share/large', content: 'x'.repeat(300_000) },
]);
const top = tar([{ path: 'lib/apk/db/installed', content: 'P:musl\nP:zlib\n' }]);
/** The tar of an empty layer, which an image may have several times. */
const nothing = tar([]);
const plan: ImagePlan = {
  steps: [
    { tar: base, createdBy: 'ADD rootfs' },
    { createdBy: 'ENV A=b' },
    { tar: nothing, createdBy: 'RUN true' },
    { tar: top, createdBy: 'RUN apk add zlib' },
    { tar: nothing, createdBy: 'RUN true again' },
    { createdBy: 'CMD ["sh"]' },
  ],
  tags: ['example:1'],
};
const image = buildImage(plan);

const wanted = new WantedPaths(['etc/os-release', 'lib/apk/db/installed']);
const options = { wanted, verify: true, take: (layer: LayerReadResult) => layer };

function at({ host }: Pick<TestDaemon, 'host'>, more: Partial<DaemonOptions> = {}): DaemonOptions {
  return { ...daemonEnvironment({ docker: host, podman: host }), ...more };
}

function open(daemon: TestDaemon, more: Partial<DaemonOptions> = {}): Promise<Image> {
  const target = { daemon: 'docker', reference: 'example:1', target: 'docker:example:1' } as const;
  return openDaemonImage(target, at(daemon, more));
}

async function read(from: Image): Promise<unknown> {
  const layers =
    from.streamLayers === undefined
      ? await readLayers(from.layers, options, options.take)
      : await readStreamedLayers(from.layers, from.streamLayers, options);
  return layers.map(({ collected, verified, diffId, tarBytes }, i) => ({
    diffId,
    verified,
    sizeBytes: tarBytes,
    createdBy: from.layers[i]?.createdBy,
    files: [...collected.files].map(([path, content]) => [path, Buffer.from(content).toString()]),
  }));
}

/** Returns what the same image has when it was saved to a file. */
async function fromDisk(saved: BuiltImage): Promise<unknown> {
  const path = join(directory, 'saved.tar');
  writeFileSync(path, dockerArchive(saved));
  return await read(await openImage(path));
}

for (const [writer, write] of Object.entries(exportForms)) {
  test(`reads an image of ${writer} like the same image saved to a file`, async (context) => {
    const built = buildImage({ ...plan, compression: writer.includes('containerd') ? 'gzip' : 'none' });
    const archive = write(built);
    const answers =
      writer === 'podman'
        ? podmanRoutes('example:1', built, archive)
        : dockerRoutes('example:1', built, { archive });
    const daemon = await startDaemon(context, answers);
    const opened = await open(daemon);
    assert.deepEqual(opened.target, {
      reference: 'docker:example:1',
      kind: 'docker',
      manifest: null,
      platform: 'linux/amd64',
      names: ['example:1'],
      digest: built.config.digest,
      repoDigests: [`example@${built.manifest.digest}`],
    });
    assert.deepEqual(await read(opened), await fromDisk(image));
    const exports = daemon.requestedPaths.filter((path) => path.endsWith('/get'));
    assert.equal(exports.length, writer === 'podman' || writer === 'a new Docker' ? 1 : 2);
  });
}

test('reads only the requested layers, and nothing of the export after them', async (context) => {
  const archive = exportForms.podman(image);
  const daemon = await daemonAnswering(context, {
    '/images/example:1/get': (response) => {
      response.write(archive.subarray(0, -1024)); // sends no more data and does not end
    },
  });
  const { layers, streamLayers } = await open(daemon);
  const [, empty] = layers;
  assert.ok(streamLayers && empty);
  const streamed: (string | undefined)[] = [];
  for await (const arriving of streamLayers([empty], new AbortController().signal)) {
    streamed.push(arriving.layer.diffId);
    await collectAll(arriving.bytes);
  }
  assert.deepEqual(streamed, [empty.diffId]);
});

for (const [what, sizes] of [
  ['without files in some layers, of which Docker says no more than that', [1, 0, 0, 1]],
  ['whose layers Docker calls empty all', [0, 0, 0, 0]],
] as const) {
  test(`returns the instructions of an image ${what}`, async (context) => {
    const archive = exportForms['a new Docker'](image);
    const daemon = await startDocker(context, image, { archive, sizes });
    assert.deepEqual(
      (await open(daemon)).layers.map(({ createdBy }) => createdBy),
      ['ADD rootfs', 'RUN true', 'RUN apk add zlib', 'RUN true again'],
    );
    assert.ok(!daemon.requestedPaths.some((path) => path.endsWith('/get')));
  });
}

test('takes the history from the exported configuration when Docker does not report the steps of the layers', async (context) => {
  const unclear = buildImage({
    steps: [
      { tar: base, createdBy: 'a step of another builder' },
      { createdBy: 'another one' },
      { tar: nothing, createdBy: 'a third' },
    ],
  });
  const archive = exportForms['a new Docker'](unclear);
  const daemon = await startDocker(context, unclear, { archive, sizes: [1, 0] });
  const { layers } = await open(daemon);
  assert.deepEqual(
    layers.map(({ createdBy }) => createdBy),
    ['a step of another builder', 'a third'],
  );
});

test('returns no instructions when an image has no history', async (context) => {
  const bare = buildImage({ ...plan, history: false });
  const daemon = await startDocker(context, bare);
  const opened = await open(daemon);
  assert.ok(!daemon.requestedPaths.some((path) => path.endsWith('/get')));
  assert.deepEqual(await read(opened), await fromDisk(bare));
});

test('refuses an image when its platform is not the wanted one', async (context) => {
  const daemon = await startDocker(context, image);
  assert.match(
    await failureOf(open(daemon, { platform: 'linux/arm64' })),
    /^target-not-found: the docker daemon at .* has example:1 for linux\/amd64, not for linux\/arm64$/,
  );
  assert.equal(await failureOf(open(daemon, { platform: 'linux/amd64' })), 'none');
});

test('reads a layer to its end when the consumer waits for the next one', async (context) => {
  const daemon = await startDocker(context, image);
  const { layers, streamLayers } = await open(daemon);
  const [lowest] = layers;
  assert.ok(streamLayers && lowest);
  const arriving = streamLayers([lowest], new AbortController().signal)[Symbol.asyncIterator]();
  const first = await arriving.next();
  assert.ok(first.done !== true);
  const next = arriving.next();
  assert.deepEqual(Buffer.concat(await collectAll(first.value.bytes)), Buffer.from(base));
  assert.equal((await next).done, true);
});

/** Starts a daemon that responds as Docker does, except for the given routes. */
async function daemonAnswering(context: TestContext, odd: DaemonRoutes): Promise<TestDaemon> {
  return await startDocker(context, image, { overrides: odd });
}

test('names the daemon when it is not running, does not have the image or fails', async (context) => {
  const stale = join(directory, 'stale.sock');
  writeFileSync(stale, '');
  const gone = await startDaemon(context, {});
  const broken = await daemonAnswering(context, {
    '/images/example:1/json': errorResponse(500, 'disk\u001b[2J full'),
  });
  for (const [daemon, message] of [
    [
      gone,
      /^target-not-found: 404 from \/images\/example:1\/json of the docker daemon at .*: No such image$/,
    ],
    [
      broken,
      /^target-not-found: 500 from \/images\/example:1\/json of the docker daemon at .*: disk \[2J full$/,
    ],
    [
      { host: `unix://${stale}` },
      /^target-not-found: .*stale.sock: Connection refused \(ECONNREFUSED\); the docker daemon is not running$/,
    ],
    [
      { host: 'unix:///nowhere/d.sock' },
      /^target-not-found: \/nowhere\/d.sock: No such file or directory \(ENOENT\); the docker daemon is not running$/,
    ],
    [{ host: 'ssh://build' }, /^target-not-found: DOCKER_HOST has ssh:/],
  ] as const)
    assert.match(await failureOf(open(daemon as TestDaemon)), message);
  const { message } = await openDaemonImage(
    { daemon: 'podman', reference: 'example', target: 'podman:example' },
    { env: {}, home: directory },
  ).then(
    () => assert.fail('there must be no podman at its usual socket'),
    (error: unknown) => error as Error,
  );
  // If the machine has a podman daemon, that one responds.
  assert.match(message, /^there is no podman daemon: \/run\/podman\/podman.sock |podman daemon at \/run/);
});

test('sends no request when the target is not a reference', async (context) => {
  const daemon = await startDaemon(context, {});
  for (const reference of ['', '../containers', 'a//b', 'a?b', 'a b', '/x'])
    assert.match(
      await failureOf(openDaemonImage({ daemon: 'docker', reference, target: 'it' }, at(daemon))),
      /^target-not-found: it is not an image reference$/,
    );
  assert.deepEqual(daemon.requestedPaths, []);
});

test('refuses responses that are invalid or do not end', async (context) => {
  const endless: DaemonRoutes[string] = (response) => {
    const more = (): void => {
      while (response.write(' '.repeat(65536)));
    };
    response.on('drain', more);
    more();
  };
  for (const [odd, message] of [
    [
      bytesResponse(Buffer.from('<html>')),
      /^target-corrupt: the response to \/images\/example:1\/json .* is not JSON/,
    ],
    [
      jsonResponse({ RootFS: { Layers: ['sha256:x'] } }),
      /^target-corrupt: .* is malformed at RootFS.Layers.0/,
    ],
    [endless, /^limit-exceeded: .* more than 8388608 bytes$/],
  ] as const)
    assert.match(
      await failureOf(open(await daemonAnswering(context, { '/images/example:1/json': odd }))),
      message,
    );
});

async function readingFails(context: TestContext, archive: Uint8Array): Promise<string> {
  return await failureOf(read(await open(await startDocker(context, image, { archive }))));
}

test('refuses an export when it is truncated, has wrong content or lacks a layer', async (context) => {
  const whole = exportForms.podman(image);
  const [lowest] = image.layers;
  const hex = lowest?.diffId.slice('sha256:'.length) ?? '';
  const lying: TarEntryPlan = { path: `${hex}.tar`, content: top };
  for (const [archive, message] of [
    [whole.subarray(0, 100_000), /^target-corrupt: .*the tar archive is cut short/],
    [tar([lying]), new RegExp(`^target-corrupt: layer sha256:${hex}: its diffID is sha256:`)],
    [tar([{ path: 'x.json', content: '{}' }]), /^target-corrupt: .* has no manifest.json/],
    [tar([{ path: 'manifest.json', content: '[]' }]), /^target-corrupt: .* has no image with the layers/],
    [Buffer.from('no archive'.repeat(100)), /^target-corrupt: .* is not a readable tar archive/],
  ] as const)
    assert.match(await readingFails(context, archive), message);
  const names = image.layers.map(({ diffId }) => `${diffId.slice(7)}.tar`);
  const listed = [{ Config: 'c.json', Layers: names }];
  const without = tar([
    { path: 'c.json', content: image.config.bytes },
    { path: 'manifest.json', content: JSON.stringify(listed) },
  ]);
  assert.match(await readingFails(context, without), /^target-corrupt: the export .* has no layer sha256:/);
});

test('stops waiting when a daemon breaks off or sends no data', async (context) => {
  const archive = exportForms.podman(image);
  const half = archive.subarray(0, 100_000);
  const breaking = await daemonAnswering(context, {
    '/images/example:1/get': (response) => {
      response.write(half, () => response.destroy());
    },
  });
  assert.match(
    await failureOf(read(await open(breaking))),
    /^target-corrupt: .*\/images\/example:1\/get of the docker daemon at .* broke off after \d+ bytes: /,
  );
  const silent = await daemonAnswering(context, {
    '/images/example:1/get': (response) => {
      response.write(half);
    },
  });
  assert.match(
    await failureOf(read(await open(silent, { timeouts: { exportMs: 20 } }))),
    /^limit-exceeded: .* sent no data of \/images\/example:1\/get for 0.02 s$/,
  );
});

test('ends the export when the signal aborts', async (context) => {
  let isClosed: Promise<void> | undefined;
  const archive = exportForms.podman(image);
  const daemon = await daemonAnswering(context, {
    '/images/example:1/get': (response) => {
      isClosed = new Promise((resolve) => response.on('close', resolve));
      response.write(archive.subarray(0, 100_000));
    },
  });
  const { layers, streamLayers } = await open(daemon);
  const cancel = new AbortController();
  const reading = (async (): Promise<void> => {
    for await (const { bytes: pieces } of streamLayers?.(layers, cancel.signal) ?? [])
      for await (const piece of pieces) if (piece.length > 0) cancel.abort(new Error('enough'));
  })();
  await assert.rejects(reading, { message: 'enough' });
  await isClosed;
});

test('requests nothing of another server when a daemon redirects', async (context) => {
  const other = await serveHttp(context, () => assert.fail('another server is requested'));
  const daemon = await daemonAnswering(context, {
    '/images/example:1/json': (response) => response.writeHead(307, { location: other }).end(),
  });
  assert.match(await failureOf(open(daemon)), /^target-not-found: 307 from \/images\/example:1\/json of /);
});
