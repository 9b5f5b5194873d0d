import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { builtIn } from '../extensions.ts';
import type { StreamedLayer, StreamLayers } from '../image/image.ts';
import type { ImageLayer } from '../image/image-layer.ts';
import type { Digest } from '../model/digest.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { LayerAnalyzer } from '../service/images/layer-analyzer.ts';
import { tar } from '../testing/tar-writer.ts';
import { startLayerWorker } from './analyze-on-thread.ts';

const script = new URL('../layer-worker.ts', import.meta.url);
const analyzer = new LayerAnalyzer({ analyzers: builtIn, startWorker: () => startLayerWorker(script) });
const analyze = (wanted: readonly ImageLayer[], streamLayers: StreamLayers): Promise<readonly LayerIndex[]> =>
  analyzer.analyze(wanted, { streamLayers, verify: false, links: [] });

interface TestLayer {
  readonly layer: ImageLayer;
  readonly bytes: Buffer;
}

/** Returns a layer with one package. `sizeBytes` is the claimed size. */
function testLayer(name: string, sizeBytes: number, filler = ''): TestLayer {
  const status = `Package: ${name}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n\n${filler}`;
  const bytes = gzipSync(tar([{ path: 'var/lib/dpkg/status', content: status }]));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
  return {
    bytes,
    layer: { place: { kind: 'remote', path: name }, compression: 'gzip', digest, sizeBytes },
  };
}

const large = 32 * 1024 ** 2;
const layers = [testLayer('one', 1), testLayer('two', large), testLayer('three', large)];

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

function find(all: readonly TestLayer[], layer: ImageLayer): TestLayer {
  const found = all.find((candidate) => candidate.layer === layer);
  assert.ok(found);
  return found;
}

/** Streams all layers concurrently, as a registry does. */
function allAtOnce(all: readonly TestLayer[], requested: string[][] = []): StreamLayers {
  return async function* stream(wanted): AsyncGenerator<StreamedLayer> {
    requested.push(wanted.map(({ place }) => place.path));
    for (const layer of wanted) yield { layer, bytes: piecesOf(find(all, layer).bytes) };
  };
}

/** Streams one layer after the other, in an arbitrary order, as the export of a daemon does. */
function oneByOne(all: readonly TestLayer[]): StreamLayers {
  return async function* stream(wanted): AsyncGenerator<StreamedLayer> {
    for (const { layer, bytes } of all.filter((candidate) => wanted.includes(candidate.layer))) {
      const drained = Promise.withResolvers<undefined>();
      async function* watched(): AsyncGenerator<Uint8Array> {
        try {
          yield* piecesOf(bytes);
        } finally {
          drained.resolve(undefined);
        }
      }
      yield { layer, bytes: watched() };
      await drained.promise;
    }
  };
}

for (const [how, streamLayers] of [
  ['all at once', allAtOnce(layers)],
  ['one by one', oneByOne(layers)],
] as const) {
  test(`returns layers in the order of the image when they arrive ${how}`, async () => {
    const wanted = layers.map(({ layer }) => layer);
    const indexes = await analyze(wanted, streamLayers);
    assert.deepEqual(
      indexes.map(({ digest, verified, packages }) => [
        digest,
        verified,
        packages.flatMap((of) => of.packages.map(({ name }) => name)),
      ]),
      layers.map(({ layer }) => [layer.digest, true, [layer.place.path]]),
    );
  });
}

test('requests the largest layers first', async () => {
  const requested: string[][] = [];
  await analyze(
    layers.map(({ layer }) => layer),
    allAtOnce(layers, requested),
  );
  assert.deepEqual(requested, [['two', 'three', 'one']]);
});

test('fetches a layer again and reads it alone when two threads cannot hold both', async () => {
  const filler = 'x'.repeat(40 * 1024 ** 2);
  const heavy = [testLayer('heavy', large, filler), testLayer('light', large)];
  const requested: string[][] = [];
  const indexes = await analyze(
    heavy.map(({ layer }) => layer),
    allAtOnce(heavy, requested),
  );
  assert.deepEqual(requested, [['heavy', 'light'], ['heavy']]);
  assert.deepEqual(
    indexes.map(({ packages }) => packages.map((of) => of.packages[0]?.name)),
    [['heavy'], ['light']],
  );
});

test('stops all reads and throws the first error when a layer fails', async () => {
  let isLeft = false;
  const [, two, three] = layers;
  assert.ok(two && three);
  async function* streamLayers(_: readonly ImageLayer[], signal: AbortSignal): AsyncGenerator<StreamedLayer> {
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        yield two?.bytes.subarray(0, 20) ?? Buffer.alloc(0);
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        });
      } finally {
        isLeft = true;
      }
    }
    yield { layer: two?.layer as ImageLayer, bytes: endless() };
    yield { layer: three?.layer as ImageLayer, bytes: piecesOf(gzipSync('no archive at all')) };
  }
  await assert.rejects(
    analyze([two.layer, three.layer], streamLayers),
    (error: Error) =>
      error.message.startsWith(`layer ${three.layer.digest}`) &&
      'code' in error &&
      error.code === 'target-corrupt',
  );
  assert.ok(isLeft);
});
