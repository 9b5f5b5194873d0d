/**
 * Reads all layers of images and archives of layers in directories whole, divided between two threads, and as completed extracts, however small they are:
 *
 *     node tools/forced-parts.ts DIRECTORY…
 *
 * Layers that are not compressed are compressed first, in many small blocks, and behind a file that fills a window. The extract is written without
 * extensions, so that all that they want comes from parts. Both results must be those of the whole layer, or all must be errors. Every test of these
 * images then has the same result, too.
 */
import { createHash, randomBytes } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ClairError, messageOf } from '../src/core/errors.ts';
import { builtIn } from '../src/extensions.ts';
import type { ImageLayer } from '../src/image/image-layer.ts';
import { ExtractMissError } from '../src/image/layer/extract-programs.ts';
import { isDivisible } from '../src/image/layer/read-split.ts';
import { openImage } from '../src/image/open-image.ts';
import { compressionOf } from '../src/kit/decompress/compression.ts';
import { inflaterFor } from '../src/kit/decompress/inflater-for.ts';
import { InflateThread } from '../src/layer-pool/inflate-thread.ts';
import type { LayerIndex } from '../src/model/layer-index.ts';
import { analyzeExtract, completeExtract, extractStream } from '../src/service/images/analyze-extract.ts';
import { type Analyzers, analyzeLayers, analyzeStream } from '../src/service/images/analyze-layers.ts';
import { sha256 } from '../src/testing/image-builder.ts';
import { inChunks } from '../src/testing/streams.ts';
import { tar } from '../src/testing/tar-writer.ts';

const layerBytesMax = 256 * 1024 * 1024;
const kib = 1024;
const splitPlan = {
  partBytes: 32 * kib,
  aheadBytes: 1024 * kib,
  searchBytes: 32 * kib,
  trialBytes: 8 * kib,
  unknownBytes: 256 * kib,
  gridBytes: 8 * kib,
};
const checkpointPlan = { bytes: 4 * kib, inflatedBytes: 16 * kib, perSize: 1_000_000 };
const options = { verify: true, links: [] };
const extracting = { ...options, extractBytesMax: layerBytesMax, checkpointPlan };
const withoutExtensions: Analyzers = { detectors: [], listers: [] };

const directories = process.argv.slice(2);
if (directories.length === 0) throw new Error('usage: forced-parts.ts DIRECTORY…');
const place = mkdtempSync(join(tmpdir(), 'clair-forced-'));
process.on('exit', () => {
  rmSync(place, { recursive: true, force: true });
});
const counts = { targets: 0, notOpened: 0, layers: 0, divided: 0, completed: 0, withoutParts: 0, differ: 0 };
const seen = new Set<string>();

/** Returns an index, or the message of the error. */
async function resultOf(read: () => Promise<LayerIndex | undefined>): Promise<object | string | undefined> {
  try {
    return await read();
  } catch (error) {
    return messageOf(error);
  }
}

/** A member that no extension wants, with incompressible content. */
const filler = Buffer.from(tar([{ path: 'opt/filler.png', content: randomBytes(48 * kib) }])).subarray(
  0,
  -kib,
);

function withFiller(archive: Buffer, { root }: ImageLayer): Buffer {
  return root === undefined ? Buffer.concat([filler, archive]) : archive;
}

/** Returns a layer of gzip in a file, with its digest. Undefined if it is large, or in another place or compression. */
function asGzip(layer: ImageLayer): { readonly layer: ImageLayer; readonly stored: Buffer } | undefined {
  if (layer.place.kind !== 'file' || layer.place.size > layerBytesMax) return undefined;
  if (layer.compression !== 'none' && layer.compression !== 'gzip') return undefined;
  const { path, offset, size } = layer.place;
  const bytes = readFileSync(path).subarray(offset, offset + size);
  // The least memory gives the smallest blocks.
  const stored = layer.compression === 'gzip' ? bytes : gzipSync(withFiller(bytes, layer), { memLevel: 1 });
  const copy = join(place, 'layer.gz');
  writeFileSync(copy, stored);
  const stamp = createHash('sha256').update(stored).digest('hex');
  const file = { kind: 'file', path: copy, offset: 0, size: stored.length, stamp } as const;
  const { root } = layer;
  const claims = { digest: sha256(stored), ...(root !== undefined && { root }) };
  return { layer: { place: file, compression: 'gzip', sizeBytes: stored.length, ...claims }, stored };
}

/** Reads a layer by an extract that has only headers, and by parts of the layer. Returns undefined if it must be read whole. */
async function complete(layer: ImageLayer, stored: Buffer): Promise<LayerIndex | undefined> {
  // Checkpoints are not made within one piece of a small layer.
  const stream = { name: 'layer', claims: layer, bytes: inChunks(stored, 4 * kib) };
  const { extract } = await extractStream(stream, withoutExtensions, extracting);
  const result = extract && (await analyzeExtract(extract, layer, builtIn, options));
  if (extract === undefined || result === undefined) return undefined;
  if ('index' in result) return result.index;
  counts.completed++;
  const parts = result.missing.map(({ offset, end }) => ({ offset, bytes: stored.subarray(offset, end) }));
  try {
    return (await completeExtract({ extract, parts }, layer, builtIn, extracting)).index;
  } catch (error) {
    // Small parts often begin at several bits. The layer is then fetched whole.
    if (!(error instanceof ExtractMissError)) throw error;
    counts.completed--;
    return undefined;
  }
}

/** Returns a file without its compression, as layers inside of a compressed archive are in no place of their own. */
async function plainFile(path: string): Promise<string> {
  const stored = readFileSync(path);
  const compression = compressionOf(stored);
  if (compression === 'none') return path;
  const pieces: Buffer[] = [];
  const inflater = inflaterFor(compression, (bytes) => pieces.push(Buffer.from(bytes)));
  await inflater.push(stored);
  await inflater.end();
  const copy = join(place, 'plain.tar');
  writeFileSync(copy, Buffer.concat(pieces));
  return copy;
}

async function compareLayer(name: string, given: ImageLayer, thread: InflateThread): Promise<void> {
  const found = asGzip(given);
  if (found === undefined || seen.has(sha256(found.stored))) return;
  const { layer, stored } = found;
  seen.add(sha256(stored));
  counts.layers++;
  const bytes = inChunks(stored, 64 * kib);
  const whole = await resultOf(() =>
    analyzeStream({ name: 'layer', claims: layer, bytes }, builtIn, options),
  );
  const split = { inflateAhead: thread.inflateAhead, bytesMin: 1, plan: splitPlan };
  if (isDivisible(layer)) counts.divided++;
  const divided = await resultOf(
    async () => (await analyzeLayers([layer], builtIn, { ...options, split }))[0],
  );
  const completed = await resultOf(() => complete(layer, stored));
  if (completed === undefined) counts.withoutParts++;
  for (const [how, result] of Object.entries({ divided, completed })) {
    if (result === undefined || isSame(result, whole)) continue;
    counts.differ++;
    console.log(`${name}: the layer differs when it is ${how}`, firstDifference(result, whole));
  }
}

/** Errors name a layer in other words if it is a stream. */
function isSame(result: object | string, whole: object | string | undefined): boolean {
  if (typeof result === 'string' || typeof whole === 'string') return typeof result === typeof whole;
  return isDeepStrictEqual(result, whole);
}

function firstDifference(result: object | string, whole: object | string | undefined): unknown {
  if (typeof result === 'string' || typeof whole !== 'object') return [result, whole];
  const other = new Map<string, unknown>(Object.entries(whole));
  return Object.entries(result).find(([key, value]) => !isDeepStrictEqual(value, other.get(key)));
}

const pattern = '**/{*.tar,*.tar.*,*.tgz,*.gz,*.zst,oci-layout}';
await using thread = new InflateThread(new URL('../src/inflate-worker.ts', import.meta.url));
for (const directory of directories)
  for (const path of globSync(pattern, { cwd: directory }).sort()) {
    const file = join(directory, path);
    const isLayout = path.endsWith('oci-layout');
    const target = isLayout ? dirname(file) : file;
    counts.targets++;
    try {
      const { layers } = await openImage(isLayout ? target : await plainFile(file));
      for (const layer of layers) await compareLayer(target, layer, thread);
    } catch (error) {
      counts.notOpened++;
      if (!(error instanceof ClairError)) console.log(`${target}: ${messageOf(error)}`);
    }
  }
console.log(JSON.stringify(counts));
process.exitCode = counts.differ === 0 ? 0 : 1;
