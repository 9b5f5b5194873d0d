/**
 * `npm run bench -- extracts --images DIR`: measures extracts of the layers of images of the corpus. CPU is that of this process, the minimum
 * of three runs. Fails if an extract gives another index than its layer.
 */
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtIn } from '../src/extensions.ts';
import type { ImageLayer } from '../src/image/image-layer.ts';
import type { LayerStream } from '../src/image/layer/read-stream.ts';
import { openImage } from '../src/image/open-image.ts';
import { analyzeExtract, extractStream } from '../src/service/images/analyze-extract.ts';
import { analyzeStream } from '../src/service/images/analyze-layers.ts';

const runs = 3;
const options = { verify: true, links: [] } as const;
const extractBytesMax = 1024 ** 3;

const names = ['debian-bookworm', 'debian-multi', 'distroless', 'alpine-3.20.3'];

const { images } = parseArgs({ options: { images: { type: 'string' } } }).values;
if (images === undefined) {
  console.error('bench extracts needs --images with the images of the corpus');
  process.exit(2);
}

console.log('| image | layers, MB | extracts, MB | read, CPU ms | read and extract | analyse the extracts |');
console.log('|---|---:|---:|---:|---:|---:|');
for (const name of names) {
  const { layers } = await openImage(`oci:${join(images, 'oci', name)}`);
  const sums = { stored: 0, extract: 0, read: 0, write: 0, again: 0 };
  for (const layer of layers) await measure(layer, sums);
  const { stored, extract, read, write, again } = sums;
  const cells = [stored / 1e6, extract / 1e6].map((megabytes) => megabytes.toFixed(2));
  console.log(`| ${[name, ...cells, ...[read, write, again].map(Math.round)].join(' | ')} |`);
}

async function measure(layer: ImageLayer, sums: Record<string, number>): Promise<void> {
  const { digest, diffId } = layer;
  const claims = { ...(digest && { digest }), ...(diffId && { diffId }) };
  const stream = (): LayerStream => ({ name: 'layer', claims, bytes: bytesOf(layer) });
  const [read, index] = await leastCpu(() => analyzeStream(stream(), builtIn, options));
  const [write, written] = await leastCpu(() =>
    extractStream(stream(), builtIn, { ...options, extractBytesMax }),
  );
  const extract = written.extract ?? assert.fail('the extract is too large');
  const [again, found] = await leastCpu(() => analyzeExtract(extract, claims, builtIn, options));
  assert.equal(JSON.stringify(found), JSON.stringify({ index }), digest);
  const own = { stored: layer.sizeBytes, extract: extract.length, read, write, again };
  for (const [name, value] of Object.entries(own)) sums[name] = (sums[name] ?? 0) + value;
}

/** Returns the least CPU of several runs in milliseconds, and the last result. */
async function leastCpu<T>(work: () => Promise<T>): Promise<[ms: number, result: T]> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 1; ; run++) {
    const before = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
    if (run === runs) return [least, result];
  }
}

function bytesOf({ place }: ImageLayer): AsyncIterable<Uint8Array> {
  if (!('offset' in place)) throw new Error('the layer is not a file');
  const { path, offset, size } = place;
  return createReadStream(path, { start: offset, end: offset + size - 1, highWaterMark: 256 * 1024 });
}
