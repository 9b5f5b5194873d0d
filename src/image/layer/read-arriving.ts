import type { BringLayers } from '../arriving.ts';
import type { ImageLayer } from '../image-layer.ts';
import { readStream } from './read-stream.ts';
import { nameOfLayer, type ReadLayer, type ReadOptions } from './reading.ts';

/**
 * Reads layers that lie elsewhere, one after the other as they come, and answers, in the order given, what `take` makes of each.
 * Throws what reading a stream throws.
 */
export async function readArriving<T>(
  layers: readonly ImageLayer[],
  bring: BringLayers,
  { take, ...options }: ReadOptions & { readonly take: (layer: ReadLayer) => T },
): Promise<T[]> {
  const results = new Map<ImageLayer, T>();
  for await (const { layer, bytes } of bring(layers, new AbortController().signal))
    results.set(layer, take(await readStream({ name: nameOfLayer(layer), claims: layer, bytes }, options)));
  return layers.map((layer) => {
    const result = results.get(layer);
    if (result === undefined) throw new Error(`the layer ${nameOfLayer(layer)} was not brought`);
    return result;
  });
}
