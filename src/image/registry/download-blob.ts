import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Digest } from '../../model/digest.ts';
import type { RegistryResponse } from './registry-client.ts';

/** A blob to download. */
export interface BlobDownload {
  readonly digest: Digest;
  /** The size in its descriptor. */
  readonly sizeBytes: number;
  /** Starts a download at an offset, or at the start if the registry cannot serve ranges. */
  readonly open: (from: number) => Promise<RegistryResponse>;
  readonly signal: AbortSignal;
}

/**
 * Downloads a blob of exactly the size in its descriptor. Resumes a broken connection at the current offset, as long as each connection
 * delivers data. Throws `target-corrupt` if there are more or fewer bytes, the errors of `open`, and `registry-unavailable` if too many
 * connections break without progress.
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
      if (received < sizeBytes)
        throw new Error(`the connection ended after ${received} of ${sizeBytes} bytes`);
    } catch (error) {
      signal.throwIfAborted();
      budget.recordFailure(error, received);
    }
  }
}

/** Counts broken connections without progress, and gives up after too many. */
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
    const message = `the download of blob ${this.#digest} failed repeatedly after ${received} bytes: ${messageOf(error)}`;
    throw new ClairError('registry-unavailable', message, { cause: error });
  }
}

function tooMany(digest: Digest, sizeBytes: number): ClairError {
  const message = `the blob ${digest} has more than the ${sizeBytes} bytes in its descriptor`;
  return new ClairError('target-corrupt', message);
}

/** Yields the body from an offset on. A server may ignore a range request and send the body from its start. RFC 9110 §14.2 */
async function* bodyFrom(
  from: number,
  { status, headers, body }: RegistryResponse,
): AsyncGenerator<Uint8Array> {
  const start = status === 206 ? startOf(headers['content-range']) : 0;
  if (start === undefined || start > from)
    throw new ClairError(
      'target-corrupt',
      `the registry returned a range that does not start at the requested offset ${from}`,
    );
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
