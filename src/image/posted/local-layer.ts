import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { ClairError } from '../../core/errors.ts';
import { asLayerNotFound, resolveWithin } from './resolve-within.ts';

const chunkBytes = 1024 * 1024;

/**
 * Reads the bytes of a layer in a local file. If `directories` is given, the file must be in one of them. Throws `layer-not-found` if it is
 * not a regular file that can be opened, `target-corrupt` if it is a directory, and `source-refused` if it is outside.
 */
export async function* readLocalLayer(
  path: string,
  directories: readonly string[] | undefined,
): AsyncGenerator<Buffer> {
  const file =
    directories === undefined
      ? openLayerFile(path, 0)
      : openLayerFile(resolveWithin(path, directories), constants.O_NOFOLLOW);
  try {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    for (let count = readSync(file, chunk); count > 0; count = readSync(file, chunk)) {
      yield chunk.subarray(0, count);
      // Lets the thread receive a cancellation between two chunks.
      await setImmediate();
    }
  } finally {
    closeSync(file);
  }
}

/** Opens a layer file. Does not open devices, and does not block on a pipe without a writer. */
function openLayerFile(path: string, flags: number): number {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
  assertRegularFile(asLayerNotFound(() => statSync(path)));
  const file = asLayerNotFound(() => openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | flags));
  try {
    assertRegularFile(fstatSync(file));
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return file;
}

function assertRegularFile(stats: Stats): void {
  if (stats.isDirectory()) throw new ClairError('target-corrupt', 'it is a directory');
  if (!stats.isFile()) throw new ClairError('layer-not-found', 'it is not a regular file');
}
