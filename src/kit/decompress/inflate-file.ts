import { closeSync, openSync, readSync } from 'node:fs';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { withFileErrors } from '../../core/system-error.ts';
import { AnyInflater } from './any-inflater.ts';

const chunkBytes = 1024 * 1024;

/**
 * Inflates a local file from start to end. The bytes passed to `sink` are valid until it returns. If it returns a promise, reading waits
 * for it. Throws `target-corrupt` or `limit-exceeded` with the path, and any error of the sink.
 */
export async function inflateFile(
  path: string,
  sink: (bytes: Buffer) => Promise<void> | undefined,
): Promise<void> {
  const file = withFileErrors(path, () => openSync(path, 'r'));
  const pending: Promise<void>[] = [];
  let bytesIn = 0;
  let bytesOut = 0;
  let sinkFailure: unknown;
  const failed = (error: unknown): never => {
    sinkFailure ??= error;
    throw error;
  };
  const take = (bytes: Buffer): void => {
    bytesOut += bytes.length;
    const isBomb = bytesOut > limits.inflateRatioFromBytes && bytesOut > bytesIn * limits.inflateRatio;
    if (isBomb)
      throw new ClairError(
        'limit-exceeded',
        `${path} inflates to more than ${limits.inflateRatio} times its size`,
      );
    try {
      const promise = sink(bytes);
      if (promise) pending.push(promise.catch(failed));
    } catch (error) {
      failed(error);
    }
  };
  try {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    const inflater = new AnyInflater(take);
    const read = (): number => withFileErrors(path, () => readSync(file, chunk));
    for (let count = read(); count > 0; count = read()) {
      bytesIn += count;
      await inflater.push(chunk.subarray(0, count));
      await Promise.all(pending.splice(0));
    }
    await inflater.end();
    await Promise.all(pending.splice(0));
  } catch (error) {
    await Promise.allSettled(pending);
    if (error instanceof ClairError || error === sinkFailure) throw error;
    throw new ClairError('target-corrupt', `${path} cannot be decompressed: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    closeSync(file);
  }
}
