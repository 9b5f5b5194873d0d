import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { ClairError } from '../../core/errors.ts';
import { asLayerNotFound } from './layer-not-found.ts';
import { resolveWithin } from './resolve-within.ts';

const chunkBytes = 1024 * 1024;

/**
 * The bytes of a layer that is a local file, in one of the directories where such are given. Throws `layer-not-found` where there
 * is no regular file that can be opened, `target-corrupt` for a directory, `source-refused` for what lies elsewhere.
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
      // Between two pieces the thread hears whether it shall go on.
      await setImmediate();
    }
  } finally {
    closeSync(file);
  }
}

/** Devices are not even opened, and a pipe without a writer is not waited for. */
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
  if (!stats.isFile()) throw new ClairError('layer-not-found', 'it is no regular file');
}
