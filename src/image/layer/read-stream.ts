import { bufferView } from '../../kit/bytes/buffer-view.ts';
import type { LayerClaims } from '../image-layer.ts';
import { withLayerName } from './layer-name.ts';
import { LayerReader } from './layer-reader.ts';
import type { LayerReadResult, ReadOptions } from './layer-walk.ts';

/** A layer that comes piece by piece. */
export interface LayerStream {
  /** For messages. */
  readonly name: string;
  readonly claims: LayerClaims;
  /** Each piece is done with when the next is asked for. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Reads a layer while its bytes come, and hashes them. Throws `target-corrupt` or `limit-exceeded` naming the layer, and under
 * its own code whatever the stream fails with.
 */
export async function readLayerStream(
  { name, claims, bytes }: LayerStream,
  options: ReadOptions,
): Promise<LayerReadResult> {
  return await withLayerName(name, async () => {
    const reader = new LayerReader(claims, options);
    for await (const piece of bytes) {
      const pending = reader.push(bufferView(piece));
      if (pending) await pending;
    }
    return reader.end();
  });
}
