import { ClairError } from '../kit/errors.ts';
import { inTime } from '../kit/in-time.ts';
import { limits } from '../kit/limits.ts';

/**
 * A stream of which, once it flows, so much has to come in every span of time that it is waited for: who sends a byte now and then would
 * keep a thread as long as a layer may take. Throws `limit-exceeded`.
 */
export async function* paced(stream: AsyncIterable<Uint8Array>, ms: number): AsyncGenerator<Uint8Array> {
  const pieces = stream[Symbol.asyncIterator]();
  let next = await pieces.next();
  let bytes = 0;
  let waitedMs = 0;
  while (next.done !== true) {
    bytes += next.value.length;
    yield next.value;
    if (bytes >= limits.idleBytes) [bytes, waitedMs] = [0, 0];
    const started = performance.now();
    next = await inTime(pieces.next(), Math.max(ms - waitedMs, 0), () => tooSlow(ms));
    waitedMs += performance.now() - started;
  }
}

function tooSlow(ms: number): ClairError {
  const message = `less than ${limits.idleBytes} bytes of the layer came in ${ms / 1000} s`;
  return new ClairError('limit-exceeded', message, { limit: 'idleBytes' });
}
