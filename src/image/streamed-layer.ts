import type { ImageLayer } from './image-layer.ts';

/** A layer whose bytes come from elsewhere. */
export interface StreamedLayer {
  readonly layer: ImageLayer;
  /** As they are stored there. They are fetched as they are read: once, to their end or until the reader stops. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Brings layers of an image, in whatever order suits where they come from. A registry gives each at once, and several can be read
 * side by side; of a daemon's export the next comes only when the one before was read. What is asked for is brought, each layer
 * once; the signal ends it all.
 */
export type StreamLayers = (
  layers: readonly ImageLayer[],
  signal: AbortSignal,
) => AsyncIterable<StreamedLayer>;
