import { ClairError, messageOf } from '../../kit/errors.ts';
import type { ImageLayer } from '../image-layer.ts';

/** What messages call a layer. */
export function nameOfLayer({ diffId, digest, place }: ImageLayer): string {
  return diffId ?? digest ?? place.path;
}

/** Runs `read`, and tells of which layer a failure is; what is no expected one is the layer's fault. */
export async function namingLayer<T>(name: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ClairError)
      throw new ClairError(error.code, `layer ${name}: ${error.message}`, {
        cause: error,
        limit: error.limit,
      });
    throw new ClairError('target-corrupt', `layer ${name} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
