import type { BringLayers } from '../arriving.ts';
import type { ImageLayer } from '../image-layer.ts';
import { nameOfLayer } from './naming-layer.ts';
import { readStream } from './read-stream.ts';
import type { ReadLayer, ReadOptions } from './reading.ts';

/**
 * Reads layers that lie elsewhere, one after the other as they come, and answers, in the order given, what `take` makes of each.
 * Throws what reading a stream throws.
 */
export async function readArriving<T>(
  layers: readonly ImageLayer[],
  bring: BringLayers,
  { take, ...options }: ReadOptions & { readonly take: (layer: ReadLayer) => T },
): Promise<T[]> {
  const results = new Map<string, T>();
  // The same layer twice in one image is brought once.
  const distinct = [...new Map(layers.map((layer) => [keyOf(layer), layer])).values()];
  for await (const { layer, bytes } of bring(distinct, new AbortController().signal)) {
    const name = nameOfLayer(layer);
    results.set(keyOf(layer), take(await readStream({ name, claims: layer, bytes }, options)));
  }
  return layers.map((layer) => {
    const result = results.get(keyOf(layer));
    if (result === undefined) throw new Error(`the layer ${nameOfLayer(layer)} was not brought`);
    return result;
  });
}

/** The same bytes may be claimed to be two layers: each claim is checked. */
function keyOf(layer: ImageLayer): string {
  const { digest, diffId, statedCompression } = layer;
  return [nameOfLayer(layer), digest, diffId, statedCompression].join(' ');
}
