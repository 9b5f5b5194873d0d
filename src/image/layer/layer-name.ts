import { ClairError, messageOf } from '../../core/errors.ts';
import type { ImageLayer } from '../image-layer.ts';

/** Returns the name of a layer in messages. */
export function nameOfLayer({ diffId, digest, place }: ImageLayer): string {
  return diffId ?? digest ?? place.path;
}

/**
 * Runs `read`, which reads a layer, synchronously if `read` is synchronous. Adds the name of the layer to its errors. Turns unexpected
 * errors into `target-corrupt`, so `read` must not process the result of reading.
 */
export function withLayerName<T>(name: string, read: () => T | Promise<T>): T | Promise<T> {
  try {
    const result = read();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw toLayerError(name, error);
    });
  } catch (error) {
    throw toLayerError(name, error);
  }
}

/** Adds the name of a layer to an error of reading it. Turns unexpected errors into `target-corrupt`. */
export function toLayerError(name: string, error: unknown): ClairError {
  if (!(error instanceof ClairError))
    return new ClairError('target-corrupt', `layer ${name} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  const { code, message, limit } = error;
  return new ClairError(code, `layer ${name}: ${message}`, { cause: error, limit });
}
