import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseSigningKey, verifiedClaims } from '../../src/kit/json-web-token.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { type BuiltImage, buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { type QuayLayer, SimulatedQuay } from '../../src/testing/simulated-quay.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { alpineMirror } from './alpine-mirror.ts';
import { scratch } from './clair.ts';
import { type DebianRegistry, debianRegistry, noRegistry } from './debian-registry.ts';
import { engines } from './fleet.ts';
import { runServer, type ServeProcess } from './serve-process.ts';

const skip = noRegistry;
const timeout = 240_000;
const key = Buffer.from('a key of Quay and Clair').toString('base64');
const otherKey = Buffer.from('another key than that of Quay').toString('base64');
const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;

const image = buildImage({
  compression: 'gzip',
  steps: [
    { tar: tar([{ path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' }]) },
    {
      tar: tar([
        {
          path: 'lib/apk/db/installed',
          content:
            'C:Q1\nP:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\nC:Q1\nP:ssl_client\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n',
        },
      ]),
    },
  ],
});
const { digest } = image.manifest;

async function pushed(t: TestContext): Promise<DebianRegistry> {
  const registry = await debianRegistry(t, { isPrivate: true });
  const layout = join(scratch, `quay ${registry.port}`);
  await writeFiles(layout, ociFiles([image]));
  registry.push(layout, 'shop/web:1');
  return registry;
}

function layersOf({ layers }: BuiltImage, { port }: DebianRegistry): QuayLayer[] {
  return layers.map(({ digest: hash }) => ({
    hash,
    uri: `http://127.0.0.1:${port}/v2/shop/web/blobs/${hash}`,
    headers: { Accept: ['application/gzip'], Authorization: [basic] },
  }));
}

function settings(mirror: string): Record<string, string> {
  return {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_API_V4_PSKKEY: key,
    CLAIR_API_V4_PSKISSUERS: 'quay',
    CLAIR_UPDATER_MIRROR: mirror,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.19/main,v3.19/community',
  };
}

function urlOf({ ports }: ServeProcess): string {
  return `http://127.0.0.1:${ports.api}`;
}

async function advisoriesLoaded({ ports }: ServeProcess): Promise<void> {
  const ready = `http://127.0.0.1:${ports.health}/ready`;
  while ((await fetch(ready)).status !== 200) await setTimeout(20);
}

for (const [name, place] of engines)
  test(`${name}: Quay indexes manifests, shows their vulnerabilities, and gets a notification of a new one`, {
    skip,
    timeout,
  }, async (t) => {
    const registry = await pushed(t);
    const database: Readonly<Record<string, string>> = await place(t);
    const receiver = await receivedPosts(t);
    const hooks = {
      CLAIR_NOTIFIER_CLAIR4_ENDPOINT: `${receiver.url}/secscan/notification`,
      CLAIR_NOTIFIER_CLAIR4_CALLBACK: 'http://clair.test/notifier/api/v1/notification/',
      CLAIR_NOTIFIER_CLAIR4_PSKKEY: key,
      CLAIR_UPDATER_INTERVAL: '1s',
    };
    const mirror = alpineMirror(`quay-${name}`, { '1.36.1-r0': ['CVE-2026-1'] });
    const server = await runServer(t, ['serve'], { ...settings(mirror), ...hooks, ...database });
    await advisoriesLoaded(server);
    const quay = new SimulatedQuay(urlOf(server), key);
    const status = await quay.work(digest, layersOf(image, registry));
    assert.equal(status.state, 'completed');
    assert.deepEqual(await quay.features(digest), [
      'CVE-2026-1 busybox 1.36.0-r0 1.36.1-r0',
      'CVE-2026-1 ssl_client 1.36.0-r0 1.36.1-r0',
    ]);
    const gone = layersOf(image, registry).map((layer) => ({ ...layer, headers: {} }));
    // Another worker posts it again after its links have expired, and Quay has lost its table.
    const fresh = new SimulatedQuay(urlOf(server), key);
    assert.deepEqual(await fresh.work(digest, gone), status);
    const wrong = `sha256:${'1'.repeat(64)}`;
    const unfetched = gone.map((layer) => ({
      ...layer,
      hash: wrong,
      uri: layer.uri.replace(layer.hash, wrong),
    }));
    assert.equal((await fresh.work(wrong, unfetched)).state, 'failed');
    assert.equal((await fresh.work(`sha256:${'2'.repeat(64)}`, [])).state, 'unsupported');
    assert.equal(await fresh.features(wrong), undefined);
    await assert.rejects(new SimulatedQuay(urlOf(server), otherKey).work(digest, gone), /index_state: 401/);

    alpineMirror(`quay-${name}`, { '1.36.1-r0': ['CVE-2026-1'], '1.36.2-r0': ['CVE-2026-2'] });
    const { id, authorization } = await receiver.next;
    const claims = verifiedClaims(authorization.replace('Bearer ', ''), parseSigningKey('key', key));
    assert.equal((claims as { readonly iss: string }).iss, 'clair-notifier');
    const [notification, ...more] = await quay.notification(id);
    assert.ok(more.every(({ manifest }) => manifest === digest));
    assert.deepEqual(
      [notification?.manifest, notification?.reason, notification?.vulnerability.name],
      [digest, 'added', 'CVE-2026-2'],
    );
    assert.equal(await quay.collect(digest), 204);
    assert.equal(await quay.features(digest), undefined);
  });

interface ReceivedPost {
  readonly id: string;
  readonly authorization: string;
}

/** Starts a receiver like Quay's; `next` is the first notification. */
async function receivedPosts(t: TestContext) {
  const { promise: next, resolve } = Promise.withResolvers<ReceivedPost>();
  const url = await serveHttp(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { readonly notification_id: string };
      response.writeHead(200).end();
      resolve({ id: body.notification_id, authorization: request.headers.authorization ?? '' });
    });
  });
  return { url, next };
}
