import { ClairError, messageOf } from '../../core/errors.ts';

/** Does something on the way to a layer's file; what the system says against it is `layer-not-found`. */
export function asLayerNotFound<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new ClairError('layer-not-found', `it cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}
