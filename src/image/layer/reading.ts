import { ClairError, messageOf } from '../../kit/errors.ts';
import { TarError } from '../../kit/tar/header.ts';
import type { Digest } from '../../model/digest.ts';
import type { ImageLayer } from '../image.ts';
import type { CollectedLayer } from './collector.ts';
import type { WantedPaths } from './wanted.ts';

/** A layer that was read. */
export interface ReadLayer {
  readonly collected: CollectedLayer;
  readonly digest?: Digest;
  readonly diffId?: Digest;
  readonly verified: boolean;
}

/** How layers are to be read. */
export interface ReadOptions {
  readonly wanted: WantedPaths;
  /** Read and hash what could be seeked over. */
  readonly verify: boolean;
}

/** Runs `read`, and tells of which layer a failure is. */
export async function namingLayer<T>(layer: ImageLayer, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const name = layer.diffId ?? layer.digest ?? ('path' in layer.place ? layer.place.path : 'the layer');
    if (error instanceof ClairError)
      throw new ClairError(error.code, `layer ${name}: ${error.message}`, { cause: error });
    if (error instanceof TarError || error instanceof Error) {
      throw new ClairError('target-corrupt', `layer ${name} cannot be read: ${messageOf(error)}`, {
        cause: error,
      });
    }
    throw error;
  }
}
