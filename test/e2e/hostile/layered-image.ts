import { OciLayout } from './containers.ts';
import type { Answer, HostileImage } from './hostile-image.ts';
import type { Storage } from './layer-file.ts';

/** A layer that is created when it is written. */
export interface LayerPlan {
  readonly storage: Storage;
  readonly pieces: () => Iterable<Uint8Array>;
}

/** Returns an image in an OCI layout of these layers, the lowest first. */
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

/** Returns a layer compressed with gzip. */
export function gzip(pieces: () => Iterable<Uint8Array>): LayerPlan {
  return { storage: 'gzip', pieces };
}

/** Returns a layer compressed with zstd. */
export function zstd(pieces: () => Iterable<Uint8Array>): LayerPlan {
  return { storage: 'zstd', pieces };
}

/** Returns an uncompressed layer. */
export function stored(pieces: () => Iterable<Uint8Array>): LayerPlan {
  return { storage: 'none', pieces };
}
