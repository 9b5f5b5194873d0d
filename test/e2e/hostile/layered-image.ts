import { OciLayout } from './containers.ts';
import type { Answer, HostileImage } from './hostile-image.ts';
import type { Storage } from './layer-file.ts';

/** A layer, made when it is written. */
export interface LayerPlan {
  readonly storage: Storage;
  readonly pieces: () => Iterable<Uint8Array>;
}

/** An OCI layout of these layers, the lowest first. */
export function layeredImage(name: string, answer: Answer, ...layers: readonly LayerPlan[]): HostileImage {
  return {
    name,
    write: (directory) => {
      const layout = new OciLayout(directory);
      return layout.image(layers.map(({ storage, pieces }) => layout.layer(storage, pieces())));
    },
    answer,
  };
}

/** A layer compressed by gzip. */
export function gzip(pieces: () => Iterable<Uint8Array>): LayerPlan {
  return { storage: 'gzip', pieces };
}

/** A layer compressed by zstd. */
export function zstd(pieces: () => Iterable<Uint8Array>): LayerPlan {
  return { storage: 'zstd', pieces };
}

/** A layer stored as it is. */
export function stored(pieces: () => Iterable<Uint8Array>): LayerPlan {
  return { storage: 'none', pieces };
}
