import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { withTimeout } from '../async/timeout.ts';

/**
 * The minimum rate of a download. After the first piece, `limits.idleBytes` must arrive in every `ms` of waiting. Otherwise a server that
 * sends a byte now and then could hold the download until its total time limit.
 */
export class MinimumThroughput {
  readonly #ms: number;
  #bytes = 0;
  #waitedMs = 0;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Counts bytes that have arrived. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Waits for the next piece. Throws `limit-exceeded` if the rate is too low. */
  async limit<T>(piece: Promise<T>): Promise<T> {
    if (this.#bytes >= limits.idleBytes) [this.#bytes, this.#waitedMs] = [0, 0];
    const started = performance.now();
    const next = await withTimeout(piece, Math.max(this.#ms - this.#waitedMs, 0), () => this.#error());
    this.#waitedMs += performance.now() - started;
    return next;
  }

  #error(): ClairError {
    const message = `received less than ${limits.idleBytes / 1024} KiB in ${this.#ms / 1000} s`;
    return new ClairError('limit-exceeded', message, { limit: 'idleBytes' });
  }
}

/** Yields a download, and throws `limit-exceeded` if it is slower than `MinimumThroughput` allows. */
export async function* withMinimumThroughput(
  stream: AsyncIterable<Uint8Array>,
  ms: number,
): AsyncGenerator<Uint8Array> {
  const pieces = stream[Symbol.asyncIterator]();
  const throughput = new MinimumThroughput(ms);
  let next = await pieces.next();
  while (next.done !== true) {
    throughput.add(next.value.length);
    yield next.value;
    next = await throughput.limit(pieces.next());
  }
}
