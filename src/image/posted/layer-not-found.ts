import { ClairError, messageOf } from '../../core/errors.ts';

/** Runs a step of opening a layer file, and turns errors of the system into `layer-not-found`. */
export function asLayerNotFound<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new ClairError('layer-not-found', `it cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}
