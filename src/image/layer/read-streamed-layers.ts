import type { ImageLayer } from '../image-layer.ts';
import type { StreamLayers } from '../streamed-layer.ts';
import { nameOfLayer } from './layer-name.ts';
import type { LayerReadResult, ReadOptions } from './layer-walk.ts';
import { readLayerStream } from './read-stream.ts';

/**
 * Reads layers that lie elsewhere, one after the other as they come, and answers, in the order given, what `take` makes of each.
 * Throws what reading a stream throws.
 */
export async function readStreamedLayers<T>(
  layers: readonly ImageLayer[],
  streamLayers: StreamLayers,
  { take, ...options }: ReadOptions & { readonly take: (layer: LayerReadResult) => T },
): Promise<T[]> {
  const results = new Map<string, T>();
  // The same layer twice in one image is brought once.
  const distinct = [...new Map(layers.map((layer) => [keyOf(layer), layer])).values()];
  for await (const { layer, bytes } of streamLayers(distinct, new AbortController().signal)) {
    const name = nameOfLayer(layer);
    results.set(keyOf(layer), take(await readLayerStream({ name, claims: layer, bytes }, options)));
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
