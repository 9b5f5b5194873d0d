import { bufferView } from '../../kit/bytes/bytes.ts';
import type { LayerClaims } from '../image-layer.ts';
import { toLayerError } from './layer-name.ts';
import { LayerReader } from './layer-reader.ts';
import type { LayerReadResult, ReadOptions } from './layer-walk.ts';

/** A layer whose bytes arrive as a stream. */
export interface LayerStream {
  /** Name in messages. */
  readonly name: string;
  readonly claims: LayerClaims;
  /** Each chunk is valid until the next one is requested. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Reads and hashes a streamed layer. Throws `target-corrupt` or `limit-exceeded` with the name of the layer, and the errors of the stream
 * with their own code.
 */
export async function readLayerStream(
  { name, claims, bytes }: LayerStream,
  options: ReadOptions,
): Promise<LayerReadResult> {
  try {
    const reader = new LayerReader(claims, options);
    for await (const piece of bytes) {
      const pending = reader.push(bufferView(piece));
      if (pending) await pending;
    }
    return await reader.end();
  } catch (error) {
    throw toLayerError(name, error);
  }
}
