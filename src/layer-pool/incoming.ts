import { setTimeout as wait } from 'node:timers/promises';
import { ClairError } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';

/** A stream whose first bytes can be waited for before the rest is read. */
export class Incoming implements AsyncIterable<Uint8Array> {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #first: Promise<IteratorResult<Uint8Array>>;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#pieces = stream[Symbol.asyncIterator]();
    this.#first = this.#pieces.next();
    // Whoever waits is told of a failure; nobody may be waiting just then.
    this.#first.catch(() => undefined);
  }

  /** Waits until something came. Fails as the stream does. */
  async flows(): Promise<void> {
    await this.#first;
  }

  /** Whether something comes within so long. Fails as the stream does. */
  async flowsWithin(ms: number): Promise<boolean> {
    const patience = new AbortController();
    try {
      const late = wait(ms, false, { signal: patience.signal }).catch(() => false);
      return await Promise.race([this.#first.then(() => true), late]);
    } finally {
      patience.abort();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let next = await this.#first; next.done !== true; next = await this.#pieces.next()) yield next.value;
  }
}

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
    next = await inTime(pieces.next(), ms - waitedMs, ms);
    waitedMs += performance.now() - started;
  }
}

async function inTime<T>(work: Promise<T>, leftMs: number, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => {
      const message = `less than ${limits.idleBytes} bytes of the layer came in ${ms / 1000} s`;
      late.reject(new ClairError('limit-exceeded', message, { limit: 'idleBytes' }));
    },
    Math.max(leftMs, 0),
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
