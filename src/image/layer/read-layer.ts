import { closeSync, openSync, readSync } from 'node:fs';
import { type FileRange, walkBySeeking } from '../../kit/tar/walk-by-seeking.ts';
import type { ImageLayer } from '../image.ts';
import { LayerInflow } from './inflow.ts';
import { readArchiveMembers } from './read-archive.ts';
import { readDirectory } from './read-directory.ts';
import { namingLayer, openLayer, type ReadLayer, type ReadOptions } from './reading.ts';

const chunkBytes = 1024 * 1024;

/**
 * Reads layers in one pass each and keeps what is wanted, in the order given. Members of one compressed archive are read in
 * one pass over it. Throws `target-corrupt` or `limit-exceeded` naming the layer.
 */
export async function readLayers(layers: readonly ImageLayer[], options: ReadOptions): Promise<ReadLayer[]> {
  const inArchive = await readArchiveMembers(layers, options);
  const results: ReadLayer[] = [];
  for (const layer of layers) {
    results.push(inArchive.get(layer) ?? (await namingLayer(layer, () => readOne(layer, options))));
  }
  return results;
}

async function readOne(layer: ImageLayer, options: ReadOptions): Promise<ReadLayer> {
  const { place } = layer;
  if (place.kind === 'directory')
    return { collected: readDirectory(place.path, options.wanted), verified: false };
  const file = openSync(place.path, 'r');
  try {
    const range = { file, offset: place.offset, size: place.size };
    return layer.compression === 'none' && !options.verify
      ? seekThrough(range, layer, options)
      : await readThrough(range, layer, options);
  } finally {
    closeSync(file);
  }
}

/** An uncompressed layer on disk is not read but seeked over. */
function seekThrough(range: FileRange, layer: ImageLayer, { wanted }: ReadOptions): ReadLayer {
  const { walker, collector } = openLayer(layer, wanted);
  walkBySeeking(range, walker);
  return { collected: collector.collected(), verified: false };
}

async function readThrough(
  { file, offset, size }: FileRange,
  layer: ImageLayer,
  options: ReadOptions,
): Promise<ReadLayer> {
  const inflow = new LayerInflow(layer, options);
  const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, Math.max(size, 1)));
  let at = 0;
  while (at < size) {
    const count = readSync(file, chunk, 0, Math.min(chunk.length, size - at), offset + at);
    if (count === 0) throw new Error('the file ends inside the layer');
    const pending = inflow.push(chunk.subarray(0, count));
    if (pending) await pending;
    at += count;
  }
  return inflow.end();
}
