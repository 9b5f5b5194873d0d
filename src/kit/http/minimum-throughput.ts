import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { withTimeout } from '../async/timeout.ts';

/**
 * A download with a minimum rate: once it flows, `limits.idleBytes` have to come in every `ms` that are spent waiting for it. Without one, a
 * server that sends a byte now and then is waited for until the time of a whole download is up. Throws `limit-exceeded`.
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
  const message = `less than ${limits.idleBytes / 1024} KiB came in ${ms / 1000} s`;
  return new ClairError('limit-exceeded', message, { limit: 'idleBytes' });
}
