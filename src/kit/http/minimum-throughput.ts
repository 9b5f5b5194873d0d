import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { withTimeout } from '../async/timeout.ts';

/**
 * Yields the pieces of a download that has a minimum rate. After the first piece, `limits.idleBytes` must arrive in every `ms` of waiting.
 * Otherwise a server that sends a byte now and then could hold the download until its total time limit. Throws `limit-exceeded`.
 */
export async function* withMinimumThroughput(
  stream: AsyncIterable<Uint8Array>,
  ms: number,
): AsyncGenerator<Uint8Array> {
  const pieces = stream[Symbol.asyncIterator]();
  let next = await pieces.next();
  let bytes = 0;
  let waitedMs = 0;
  while (next.done !== true) {
    bytes += next.value.length;
    yield next.value;
    if (bytes >= limits.idleBytes) [bytes, waitedMs] = [0, 0];
    const started = performance.now();
    next = await withTimeout(pieces.next(), Math.max(ms - waitedMs, 0), () => throughputError(ms));
    waitedMs += performance.now() - started;
  }
}

function throughputError(ms: number): ClairError {
  const message = `received less than ${limits.idleBytes / 1024} KiB in ${ms / 1000} s`;
  return new ClairError('limit-exceeded', message, { limit: 'idleBytes' });
}
