import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Digest } from '../../model/digest.ts';
import type { RegistryResponse } from './registry-client.ts';

/** A blob that is to be downloaded. */
export interface BlobDownload {
  readonly digest: Digest;
  /** As its descriptor says. */
  readonly sizeBytes: number;
  /** Begins at a place, or at the start where that cannot be. */
  readonly open: (from: number) => Promise<RegistryResponse>;
  readonly signal: AbortSignal;
}

/**
 * The bytes of a blob: as many as its descriptor says. A connection that breaks is made again, and goes on where the other one ended,
 * as long as it brings anything. Throws `target-corrupt` where there are more or fewer bytes, what `open` throws, and
 * `registry-unavailable` where it breaks again and again.
 */
export async function* downloadBlob({
  digest,
  sizeBytes,
  open,
  signal,
}: BlobDownload): AsyncGenerator<Uint8Array> {
  const budget = new ResumeBudget(digest);
  let received = 0;
  while (received < sizeBytes) {
    try {
      for await (const piece of bodyFrom(received, await open(received))) {
        received += piece.length;
        if (received > sizeBytes) throw tooMany(digest, sizeBytes);
        yield piece;
      }
      if (received < sizeBytes) throw new Error(`it ended after ${received} of ${sizeBytes} bytes`);
    } catch (error) {
      signal.throwIfAborted();
      budget.recordFailure(error, received);
    }
  }
}

/** Connections may break, only not again and again without having brought anything. */
class ResumeBudget {
  readonly #digest: Digest;
  #attempts = 0;
  #progress = 0;

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  recordFailure(error: unknown, received: number): void {
    if (error instanceof ClairError && error.limit !== 'idleMs') throw error;
    const isFurther = received - this.#progress >= limits.idleBytes;
    this.#attempts = isFurther ? 1 : this.#attempts + 1;
    if (isFurther) this.#progress = received;
    if (this.#attempts < limits.httpAttempts) return;
    const message = `the blob ${this.#digest} broke off after ${received} bytes, again and again: ${messageOf(error)}`;
    throw new ClairError('registry-unavailable', message, { cause: error });
  }
}

function tooMany(digest: Digest, sizeBytes: number): ClairError {
  const message = `the blob ${digest} has more than the ${sizeBytes} bytes that its descriptor says`;
  return new ClairError('target-corrupt', message);
}

/** What follows after so many bytes. Who was asked to begin there may begin at the start all the same. RFC 9110 §14.2 */
async function* bodyFrom(
  from: number,
  { status, headers, body }: RegistryResponse,
): AsyncGenerator<Uint8Array> {
  const start = status === 206 ? startOf(headers['content-range']) : 0;
  if (start === undefined || start > from)
    throw new ClairError('target-corrupt', `asked for bytes from ${from} on, the registry sent others`);
  let left = from - start;
  for await (const piece of body) {
    if (left >= piece.length) left -= piece.length;
    else {
      yield left === 0 ? piece : piece.subarray(left);
      left = 0;
    }
  }
}

function startOf(contentRange: string | undefined): number | undefined {
  const start = /^bytes (\d{1,15})-/.exec(contentRange ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}
