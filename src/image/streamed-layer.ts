import type { ImageLayer } from './image-layer.ts';

/** A layer whose bytes are streamed from a registry or a daemon. */
export interface StreamedLayer {
  readonly layer: ImageLayer;
  /** The bytes as stored, fetched while they are read. They can be read once, to their end or until the reader stops. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Streams the requested layers of an image, each once, in the order that suits the source. A registry yields them concurrently. The export
 * of a daemon yields the next layer only after the previous one was read. The signal ends all streams.
 */
export type StreamLayers = (
  layers: readonly ImageLayer[],
  signal: AbortSignal,
) => AsyncIterable<StreamedLayer>;
