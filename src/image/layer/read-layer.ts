import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { TarError } from '../../kit/tar/header.ts';
import { type FileRange, walkBySeeking } from '../../kit/tar/walk-by-seeking.ts';
import { digestAlgorithm } from '../../model/digest.ts';
import type { ImageLayer } from '../image-layer.ts';
import { assertDigestMatches, digestOf } from './layer-digest.ts';
import { nameOfLayer, withLayerName } from './layer-name.ts';
import { LayerReader } from './layer-reader.ts';
import { createLayerWalk, type LayerReadResult, type ProgramReader, type ReadOptions } from './layer-walk.ts';
import { createProgramScanner } from './program-scan.ts';
import { readArchiveMembers } from './read-archive.ts';
import { readDirectory } from './read-directory.ts';
import { readSplit } from './read-split.ts';

const chunkBytes = 1024 * 1024;

/** Reads one layer that is not a member of a compressed archive. Throws `target-corrupt` or `limit-exceeded` with the name of the layer. */
export async function readLayer(layer: ImageLayer, options: ReadOptions): Promise<LayerReadResult> {
  return await withLayerName(nameOfLayer(layer), () => readOne(layer, options));
}

/**
 * Reads layers in one pass each, and returns the results of `take` in their order. The wanted files of a layer are freed before the next
 * one is read. Members of a compressed archive are read in one pass. Throws `target-corrupt` or `limit-exceeded` with the name of the
 * layer.
 */
export async function readLayers<T>(
  layers: readonly ImageLayer[],
  options: ReadOptions,
  take: (layer: LayerReadResult) => T | Promise<T>,
): Promise<T[]> {
  const inArchive = await readArchiveMembers(layers, options, take);
  const results: T[] = [];
  for (const layer of layers) {
    const { result } = inArchive.get(layer) ?? {
      result: await take(await readLayer(layer, options)),
    };
    results.push(result);
  }
  return results;
}

async function readOne(layer: ImageLayer, options: ReadOptions): Promise<LayerReadResult> {
  const { place } = layer;
  if (place.kind === 'directory') return { ...readDirectory(place.path, options), verified: false };
  if (place.kind === 'remote') throw new Error('a remote layer must be fetched before it can be read');
  const { split } = options;
  const divided = split && (await readSplit(layer, { ...options, split }));
  if (divided !== undefined) return divided;
  const file = openSync(place.path, 'r');
  try {
    const range = { file, offset: place.offset, size: place.size };
    return layer.compression === 'none' && !options.verify
      ? { ...seekThrough(range, layer, options), readProgram: programReader(place) }
      : await readThrough(range, layer, options);
  } finally {
    closeSync(file);
  }
}

/** Walks an uncompressed layer on disk by seeking over unwanted members. */
function seekThrough(range: FileRange, layer: ImageLayer, options: ReadOptions): LayerReadResult {
  const { walker, collector } = createLayerWalk(layer, options, range);
  try {
    walkBySeeking(range, walker);
  } catch (error) {
    if (error instanceof TarError) assertRangeUndamaged(range, layer, error);
    throw error;
  }
  return { collected: collector.finish(), verified: false };
}

/** Hashes a layer that was not read whole, to find out whether it is damaged or was created malformed. */
function assertRangeUndamaged({ file, offset, size }: FileRange, layer: ImageLayer, cause: TarError): void {
  const claimed = layer.digest ?? layer.diffId;
  if (claimed === undefined) return;
  const hash = createHash(digestAlgorithm(claimed));
  const chunk = Buffer.allocUnsafeSlow(chunkBytes);
  for (let at = 0; at < size; ) {
    const count = readSync(file, chunk, 0, Math.min(chunk.length, size - at), offset + at);
    if (count === 0) break;
    hash.update(chunk.subarray(0, count));
    at += count;
  }
  assertDigestMatches(
    layer.digest === undefined ? 'diffID' : 'digest',
    claimed,
    digestOf(hash, claimed),
    cause,
  );
}

/** Returns a reader of programs in an uncompressed layer. The file is open only during a read. */
function programReader(place: { readonly path: string; readonly offset: number }): ProgramReader {
  const scanProgram = createProgramScanner();
  return ({ offset, size }, scan) => {
    const file = openSync(place.path, 'r');
    try {
      scanProgram({ file, offset: place.offset + offset, size }, scan);
    } finally {
      closeSync(file);
    }
  };
}

async function readThrough(
  { file, offset, size }: FileRange,
  layer: ImageLayer,
  options: ReadOptions,
): Promise<LayerReadResult> {
  const reader = new LayerReader(layer, options);
  const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, Math.max(size, 1)));
  let at = 0;
  while (at < size) {
    const count = readSync(file, chunk, 0, Math.min(chunk.length, size - at), offset + at);
    if (count === 0) throw new Error('the file ends inside the layer');
    const pending = reader.push(chunk.subarray(0, count));
    if (pending) await pending;
    at += count;
  }
  return reader.end();
}
