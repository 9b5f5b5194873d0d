import type { Target } from '../model/report.ts';
import type { ImageLayer } from './image-layer.ts';
import type { StreamLayers } from './streamed-layer.ts';

/** An image of whatever medium: what it is, and its layers, the lowest first. */
export interface Image {
  readonly target: Target;
  readonly layers: readonly ImageLayer[];
  /** Brings the layers that lie elsewhere; absent where all of them lie on this machine. */
  readonly streamLayers?: StreamLayers;
  /** The file it lies in, where that is gone after this run: it is remembered by its digests alone. */
  readonly temporaryFile?: string;
}
