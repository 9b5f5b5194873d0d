import { bufferView } from '../../kit/bytes/buffer-view.ts';
import type { LayerClaims } from '../image-layer.ts';
import { LayerInflow } from './inflow.ts';
import { namingLayer } from './naming-layer.ts';
import type { ReadLayer, ReadOptions } from './reading.ts';

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
export async function readStream(
  { name, claims, bytes }: LayerStream,
  options: ReadOptions,
): Promise<ReadLayer> {
  return await namingLayer(name, async () => {
    const inflow = new LayerInflow(claims, options);
    for await (const piece of bytes) {
      const pending = inflow.push(bufferView(piece));
      if (pending) await pending;
    }
    return inflow.end();
  });
}
