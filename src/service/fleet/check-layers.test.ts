import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { builtIn as extensions } from '../../extensions.ts';
import { openReference } from '../../image/open-reference.ts';
import { KeyedMutex } from '../../kit/async/keyed-mutex.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { startLayerWorker } from '../../layer-pool/analyze-on-thread.ts';
import type { Store } from '../../store/store.ts';
import { debianImage } from '../../testing/fleet-server.ts';
import { type MemoryRegistry, memoryRegistry } from '../../testing/memory-registry.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { scanImage } from './scan-image.ts';
import { workerAnalyzer } from './worker-analyzer.ts';

const [, inMemory = assert.fail()] = storeEngines;
const image = debianImage('openssl 1');
const layers = image.layers.map(({ digest }) => digest);
const script = scriptUrl('../../layer-worker', import.meta.url);

type Scan = (registry: MemoryRegistry, isChecked: boolean) => Promise<string>;

function scanWith(store: Store): Scan {
  const ending = new AbortController().signal;
  return async ({ host }, isChecked) =>
    await scanImage(
      { reference: `${host}/app:1`, platform: null },
      {
        store,
        extensions,
        layerTurns: new KeyedMutex(60_000),
        onStep: () => undefined,
        analyzer: workerAnalyzer({
          startWorker: () => startLayerWorker(script),
          extracts: undefined,
          ending,
        }),
        openImage: ({ reference }) => openReference(`registry:${reference}`, { env: { HOME: '/nowhere' } }),
        checkingLayers: isChecked ? ending : undefined,
      },
    );
}

/** Returns a scan with a store that has the layers of an image, and a registry that has its manifest without layers. */
async function scene(t: TestContext): Promise<{ readonly scan: Scan; readonly copy: MemoryRegistry }> {
  const scan = scanWith(await inMemory.create(t)());
  const [registry, copy] = [await memoryRegistry(t), await memoryRegistry(t)];
  registry.push(image, '1');
  await scan(registry, true);
  copy.push(image, '1');
  for (const digest of layers) copy.blobs.delete(digest);
  return { scan, copy };
}

/** Pushes the manifest with other fields in the descriptors of its layers. */
function pushWith(registry: MemoryRegistry, fields: object): void {
  const manifest = JSON.parse(Buffer.from(image.manifest.bytes).toString()) as {
    mediaType: string;
    layers: object[];
  };
  const changed = manifest.layers.map((layer) => ({ ...layer, ...fields }));
  registry.put({ ...manifest, layers: changed }, manifest.mediaType, '1');
}

const isCode = (code: string) => (error: unknown) => error instanceof ClairError && error.code === code;

test('a stored layer is used only if the repository of the scan has it', async (t) => {
  const { scan, copy } = await scene(t);
  assert.equal(await scan(copy, false), image.manifest.digest, 'without limited clients it needs no check');
  await assert.rejects(scan(copy, true), isCode('target-not-found'));
  const complete = await memoryRegistry(t);
  complete.push(image, '1');
  assert.equal(await scan(complete, true), image.manifest.digest);
  const asked = complete.requests.filter(({ url }) => layers.some((digest) => url.endsWith(digest)));
  assert.deepEqual(
    asked.map(({ method }) => method),
    layers.map(() => 'HEAD'),
  );
});

test('a layer that its manifest embeds, or that has URLs, must have its digest', async (t) => {
  const { scan, copy } = await scene(t);
  pushWith(copy, { data: Buffer.from('no layer').toString('base64') });
  await assert.rejects(scan(copy, true), isCode('target-corrupt'));
  pushWith(copy, {
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    urls: [`http://${copy.host}/v2/app/blobs/${image.config.digest}`],
  });
  await assert.rejects(scan(copy, true), isCode('target-not-found'));
});
