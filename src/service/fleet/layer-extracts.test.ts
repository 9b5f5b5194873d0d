import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import { openReference } from '../../image/open-reference.ts';
import { KeyedMutex } from '../../kit/async/keyed-mutex.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { startLayerWorker } from '../../layer-pool/analyze-on-thread.ts';
import { indexSuppressions } from '../../match/suppress/decide.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { ExtractBucket } from '../../store/layer-extract-store.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import type { Store } from '../../store/store.ts';
import { type BuiltImage, buildImage } from '../../testing/image-builder.ts';
import { type MemoryBucket, memoryBucket } from '../../testing/memory-bucket.ts';
import { type MemoryRegistry, memoryRegistry } from '../../testing/memory-registry.ts';
import { serveRange } from '../../testing/partial-registry.ts';
import { tar } from '../../testing/tar-writer.ts';
import { reportOfImage } from './image-report.ts';
import { LayerExtracts } from './layer-extracts.ts';
import { removeUnusedExtracts } from './remove-extracts.ts';
import { scanImage } from './scan-image.ts';
import { extractReader, workerAnalyzer } from './worker-analyzer.ts';

const hourMs = 3_600_000;
const script = scriptUrl('../../layer-worker', import.meta.url);
const startWorker = () => startLayerWorker(script);

const app: BuiltImage = buildImage({
  compression: 'gzip',
  steps: [
    { tar: tar([{ path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' }]) },
    {
      tar: tar([
        {
          path: 'var/lib/dpkg/status',
          content: 'Package: bash\nStatus: install ok installed\nVersion: 5.2-1\nArchitecture: amd64\n\n',
        },
        { path: 'opt/data', content: Buffer.alloc(100_000) },
      ]),
    },
  ],
});

/** Extensions under which no layer was analysed yet, and which list the same. */
function laterExtensions(version: number): Extensions {
  const lister = { name: 'later', version, wants: [], list: () => [] };
  return { ...builtIn, listers: [...builtIn.listers, lister] };
}

interface Scene {
  readonly store: Store;
  readonly registry: MemoryRegistry;
  readonly extracts: LayerExtracts;
  /** Returns the outcomes since the last call. */
  readonly events: () => string[];
  readonly scan: (extensions: Extensions) => Promise<string>;
  /** Returns the packages of the report. */
  readonly report: (extensions: Extensions) => Promise<string[] | undefined>;
  readonly clock: { at: number };
}

async function open(context: TestContext, bucket?: ExtractBucket, image: BuiltImage = app): Promise<Scene> {
  const clock = { at: Date.parse('2026-01-01T00:00:00Z') };
  const store = await openSqliteStore(':memory:', { now: () => clock.at });
  context.after(() => store[Symbol.asyncDispose]());
  const registry = await memoryRegistry(context);
  registry.push(image);
  const seen: string[] = [];
  const extracts = new LayerExtracts({
    store,
    bucket,
    bytesMax: 1024 * 1024,
    pauseMs: hourMs,
    now: () => new Date(clock.at),
    onRead: (outcome) => void seen.push(outcome),
    onWrite: (outcome) => void seen.push(outcome),
  });
  const ending = new AbortController().signal;
  const env = { HOME: '/nowhere' };
  return {
    store,
    registry,
    extracts,
    clock,
    events: () => seen.splice(0),
    scan: (extensions) =>
      scanImage(
        { reference: `${registry.host}/app:latest`, platform: null },
        {
          store,
          extensions,
          layerTurns: new KeyedMutex(60_000),
          onStep: () => undefined,
          analyzer: workerAnalyzer({ startWorker, extracts, ending }),
          openImage: ({ reference }) => openReference(`registry:${reference}`, { env }),
        },
      ),
    async report(extensions) {
      const { report } =
        (await reportOfImage(
          app.manifest.digest,
          {},
          {
            store,
            extensions,
            now: store.now,
            staleAfterMs: hourMs,
            suppressions: {
              forImage: async () => ({
                index: indexSuppressions({ rules: [], statements: [] }),
                attached: undefined,
              }),
            },
            readExtracts: extractReader({ startWorker, extracts }),
          },
        )) ?? {};
      return report?.packages.map(({ name }) => name);
    },
  };
}

const blobRequests = ({ requests }: MemoryRegistry): number =>
  requests.filter(({ url }) => app.layers.some(({ digest }) => url.endsWith(digest))).length;

for (const place of ['store', 'bucket'] as const) {
  const bucketOf = (): MemoryBucket | undefined => (place === 'bucket' ? memoryBucket() : undefined);

  test(`${place}: analyses layers again without fetching them`, async (t) => {
    const scene = await open(t, bucketOf());
    await scene.scan(builtIn);
    assert.deepEqual(scene.events(), ['absent', 'absent', 'written', 'written']);
    assert.equal(blobRequests(scene.registry), 2);
    await scene.scan(laterExtensions(1));
    assert.deepEqual(scene.events(), ['used', 'used']);
    assert.equal(blobRequests(scene.registry), 2);
    assert.deepEqual(await scene.report(laterExtensions(1)), ['bash']);
  });

  test(`${place}: reports an image that the registry no longer has, after an upgrade`, async (t) => {
    const scene = await open(t, bucketOf());
    await scene.scan(builtIn);
    scene.events();
    scene.registry.manifests.clear();
    scene.registry.blobs.clear();
    const { length } = scene.registry.requests;
    assert.deepEqual(await scene.report(laterExtensions(1)), ['bash']);
    assert.deepEqual(scene.events(), ['used', 'used']);
    assert.deepEqual(await scene.report(laterExtensions(1)), ['bash']);
    assert.deepEqual(scene.events(), []);
    assert.equal(scene.registry.requests.length, length);
  });
}

/** Incompressible bytes that are equal in every run. */
const noise = (bytes: number): Buffer =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(bytes));

/** An image whose release file is a link to a file that no extension wants, far behind it. */
const linked: BuiltImage = buildImage({
  compression: 'gzip',
  steps: [
    {
      tar: tar([
        { path: 'etc/os-release', target: '../opt/release' },
        { path: 'opt/noise', content: noise(7 * 1024 * 1024) },
        { path: 'opt/release', content: 'ID=debian\nVERSION_ID=12\n' },
      ]),
    },
  ],
});
const [linkedLayer = assert.fail()] = linked.layers;

/** Scans that image. Returns the outcomes, and the asked ranges of its layer. */
async function scanLinked(
  scene: Scene,
): Promise<{ readonly events: string[]; readonly ranges: (string | undefined)[] }> {
  await scene.scan(builtIn);
  const [known] = await scene.store.knownImages.findByDigest(linked.manifest.digest);
  assert.ok(known);
  const requests = scene.registry.requests.filter(({ url }) => url.endsWith(linkedLayer.digest));
  return { events: scene.events(), ranges: requests.map(({ headers }) => headers.range) };
}

test('fetches the parts of a layer that its extract lacks, and writes an extract with them', async (t) => {
  const scene = await open(t, undefined, linked);
  scene.registry.intercept = (request, response) => serveRange(scene.registry, request, response);
  const { events, ranges } = await scanLinked(scene);
  assert.deepEqual(events, ['absent', 'written', 'completed', 'written']);
  assert.equal(ranges.length, 2);
  const [, first = ''] = /^bytes=(\d+)-/.exec(ranges[1] ?? '') ?? [];
  assert.ok(Number(first) > linkedLayer.bytes.length / 2, ranges[1]);
});

test('fetches the whole layer if the registry serves no parts, or others', async (t) => {
  const scene = await open(t, undefined, linked);
  const whole = ['absent', 'written', 'incomplete', 'written'];
  assert.deepEqual((await scanLinked(scene)).events, whole);
  const other = await open(t, undefined, linked);
  const blobs = new Map([[linkedLayer.digest, Buffer.alloc(linkedLayer.bytes.length)]]);
  other.registry.intercept = (request, response) =>
    serveRange({ ...other.registry, blobs }, request, response);
  assert.deepEqual((await scanLinked(other)).events, whole);
});

test('fetches a layer whose extract is damaged, and writes it again', async (t) => {
  const bucket = memoryBucket();
  const scene = await open(t, bucket);
  await scene.scan(builtIn);
  scene.events();
  const [first = assert.fail(), second = assert.fail()] = [...bucket.objects];
  const changed = Uint8Array.from(first[1]);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  bucket.objects.set(first[0], changed).set(second[0], first[1]);
  await scene.scan(laterExtensions(1));
  assert.deepEqual(scene.events(), ['damaged', 'damaged', 'written', 'written']);
  assert.deepEqual(bucket.objects.get(first[0]), first[1]);
  await assert.doesNotReject(scene.scan(laterExtensions(2)));
  assert.deepEqual(scene.events(), ['used', 'used']);
});

test('says that the image must be scanned if an extract is missing and there is no registry', async (t) => {
  const bucket = memoryBucket();
  const scene = await open(t, bucket);
  await scene.scan(builtIn);
  bucket.objects.delete([...bucket.objects.keys()][0] ?? '');
  await assert.rejects(scene.report(laterExtensions(1)), {
    code: 'layer-not-found',
    message: /has not read 1 of the layers of .*: scan the image again/,
  });
});

test('scans without a bucket that does not answer, and asks it again later', async (t) => {
  const bucket = memoryBucket();
  const scene = await open(t, bucket);
  bucket.isUp = false;
  await scene.scan(builtIn);
  assert.deepEqual(scene.events(), ['absent', 'absent', 'failed', 'failed']);
  assert.equal(bucket.calls, 1);
  await scene.scan(laterExtensions(1));
  assert.deepEqual(scene.events(), ['unavailable', 'unavailable', 'failed', 'failed']);
  assert.equal(bucket.calls, 1);
  bucket.isUp = true;
  scene.clock.at += 2 * hourMs;
  await scene.scan(laterExtensions(2));
  assert.deepEqual(scene.events(), ['absent', 'absent', 'written', 'written']);
  assert.deepEqual(await scene.report(laterExtensions(3)), ['bash']);
});

test('removes extracts of layers that nothing has', async (t) => {
  const bucket = memoryBucket();
  const { store, scan, clock } = await open(t, bucket);
  await scan(builtIn);
  await store.layerExtracts.save('gone', { sha256: '', bytes: 1 }, undefined);
  bucket.objects.set('gone', new Uint8Array(1));
  await store.layerExtracts.save('stored', { sha256: '', bytes: 1 }, new Uint8Array(1));
  clock.at += 25 * hourMs;
  const { signal } = new AbortController();
  const deps = { store, now: () => new Date(clock.at) };
  bucket.isUp = false;
  await assert.rejects(removeUnusedExtracts({ ...deps, bucket }, signal), { message: 'no connection' });
  assert.equal(await removeUnusedExtracts({ ...deps, bucket: undefined }, signal), 1);
  assert.equal(await store.layerExtracts.find('stored'), undefined);
  assert.ok(await store.layerExtracts.find('gone'));
  bucket.isUp = true;
  assert.equal(await removeUnusedExtracts({ ...deps, bucket }, signal), 1);
  assert.equal(await store.layerExtracts.find('gone'), undefined);
  assert.equal(bucket.objects.size, 2);
});
