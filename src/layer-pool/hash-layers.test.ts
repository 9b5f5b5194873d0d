import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { builtIn } from '../extensions.ts';
import type { ImageLayer } from '../image/image-layer.ts';
import { analyzeLayers } from '../service/images/analyze-layers.ts';
import { LayerAnalyzer } from '../service/images/layer-analyzer.ts';
import { sha256 } from '../testing/image-builder.ts';
import { temporaryDirectory } from '../testing/store-engines.ts';
import { tar } from '../testing/tar-writer.ts';
import { InflateThread } from './inflate-thread.ts';

const options = { verify: true, links: [], streamLayers: undefined };

test('hashes what a large layer inflates to on another thread, and gives the same index or error', async (t) => {
  // Stored blocks of 25 MiB, from which a layer is large.
  const content = createHash('shake256', { outputLength: 25 * 1024 * 1024 }).digest();
  const archive = Buffer.from(tar([{ path: 'opt/noise', content }]));
  const stored = gzipSync(archive, { level: 0 });
  const path = join(temporaryDirectory(t), 'layer');
  writeFileSync(path, stored);
  let starts = 0;
  const analyzer = new LayerAnalyzer({
    analyzers: builtIn,
    startWorker: () => assert.fail('no layer is read on another thread'),
    startInflateWorker: async () => {
      starts++;
      return await Promise.resolve(new InflateThread(new URL('../inflate-worker.ts', import.meta.url)));
    },
  });
  const layer: ImageLayer = {
    place: { kind: 'file', path, offset: 0, size: stored.length, stamp: '' },
    compression: 'gzip',
    statedCompression: 'gzip',
    sizeBytes: stored.length,
    diffId: sha256(archive),
  };
  const [index] = await analyzer.analyze([layer], options);
  assert.equal(starts, 1);
  assert.equal(index?.diffId, sha256(archive));
  assert.deepEqual([index], await analyzeLayers([layer], builtIn, options));
  await assert.rejects(analyzer.analyze([{ ...layer, diffId: sha256('other') }], options), {
    code: 'target-corrupt',
    message: /its diffID is sha256:/,
  });
  // Divided between two threads, with a third one that hashes.
  const divided = { ...layer, digest: sha256(stored) };
  const [both] = await analyzer.analyze([divided], options);
  assert.deepEqual(both, { ...index, digest: sha256(stored) });
  assert.equal(starts, 4);
});
