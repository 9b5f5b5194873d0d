import type { Target } from '../model/report.ts';
import type { ImageLayer } from './image-layer.ts';
import type { StreamLayers } from './streamed-layer.ts';

/** An opened image: its description and its layers, the lowest first. */
export interface Image {
  readonly target: Target;
  readonly layers: readonly ImageLayer[];
  /** Fetches layers that are not on this machine. Absent if all layers are local. */
  readonly streamLayers?: StreamLayers;
  /** The image file, if it does not outlive this run. Its layers are then cached by digest only. */
  readonly temporaryFile?: string;
}
