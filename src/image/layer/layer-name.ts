import { ClairError, messageOf } from '../../core/errors.ts';
import type { ImageLayer } from '../image-layer.ts';

/** What messages call a layer. */
export function nameOfLayer({ diffId, digest, place }: ImageLayer): string {
  return diffId ?? digest ?? place.path;
}

/**
 * Reads something of a layer, at once where `read` does, and tells of which layer a failure is. What is no expected failure is the
 * layer's fault: what is made of a layer that was read does not belong in here.
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

function toLayerError(name: string, error: unknown): ClairError {
  if (!(error instanceof ClairError))
    return new ClairError('target-corrupt', `layer ${name} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  const { code, message, limit } = error;
  return new ClairError(code, `layer ${name}: ${message}`, { cause: error, limit });
}
