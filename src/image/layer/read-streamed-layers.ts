import type { StreamLayers } from '../image.ts';
import type { ImageLayer } from '../image-layer.ts';
import { nameOfLayer } from './layer-name.ts';
import type { LayerReadResult, ReadOptions } from './layer-walk.ts';
import { readLayerStream } from './read-stream.ts';

/**
 * Reads streamed layers, one after the other as they arrive. Returns the results of `take` in the order of `layers`. Throws as
 * `readLayerStream` does.
 */
export async function readStreamedLayers<T>(
  layers: readonly ImageLayer[],
  streamLayers: StreamLayers,
  { take, ...options }: ReadOptions & { readonly take: (layer: LayerReadResult) => T },
): Promise<T[]> {
  const results = new Map<string, T>();
  // A layer that occurs twice in an image is fetched once.
  const distinct = [...new Map(layers.map((layer) => [keyOf(layer), layer])).values()];
  for await (const { layer, bytes } of streamLayers(distinct, new AbortController().signal)) {
    const name = nameOfLayer(layer);
    results.set(keyOf(layer), take(await readLayerStream({ name, claims: layer, bytes }, options)));
  }
  return layers.map((layer) => {
    const result = results.get(keyOf(layer));
    if (result === undefined) throw new Error(`the layer ${nameOfLayer(layer)} was not fetched`);
    return result;
  });
}

/** Returns a key of a layer with its claims, since two claims about the same bytes are verified separately. */
function keyOf(layer: ImageLayer): string {
  const { digest, diffId, statedCompression } = layer;
  return [nameOfLayer(layer), digest, diffId, statedCompression].join(' ');
}
