import type { IncomingHttpHeaders } from 'node:http';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** A response with a file, or with its end. Status 200 or 206. */
export interface RangeResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Throws if the connection fails. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A file of known size to download. */
export interface ResumableDownload {
  /** In messages: `blob sha256:…`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Number of bytes at its start that are not downloaded. */
  readonly from?: number;
  /** Starts a download at an offset, or at the start if the server cannot serve ranges. */
  readonly open: (from: number) => Promise<RangeResponse>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a file of exactly the stated size. Resumes a broken connection at the current offset, as long as each connection delivers
 * data. Throws `target-corrupt` if there are more or fewer bytes, the errors of `open`, and `registry-unavailable` if too many
 * connections break without progress.
 */
export async function* resumableDownload({
  name,
  sizeBytes,
  from = 0,
  open,
  signal,
}: ResumableDownload): AsyncGenerator<Uint8Array> {
  const budget = new ResumeBudget(name, from);
  let received = from;
  while (received < sizeBytes) {
    try {
      for await (const piece of bodyFrom(received, await open(received))) {
        received += piece.length;
        if (received > sizeBytes) throw tooMany(name, sizeBytes);
        yield piece;
      }
      if (received < sizeBytes)
        throw new Error(`the connection ended after ${received} of ${sizeBytes} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      budget.recordFailure(error, received);
    }
  }
}

/** Counts broken connections without progress, and gives up after too many. */
class ResumeBudget {
  readonly #name: string;
  #attempts = 0;
  #progress: number;

  constructor(name: string, from: number) {
    this.#name = name;
    this.#progress = from;
  }

  recordFailure(error: unknown, received: number): void {
    if (error instanceof ClairError && error.limit !== 'idleMs') throw error;
    const isFurther = received - this.#progress >= limits.idleBytes;
    this.#attempts = isFurther ? 1 : this.#attempts + 1;
    if (isFurther) this.#progress = received;
    if (this.#attempts < limits.httpAttempts) return;
    const message = `the download of ${this.#name} failed repeatedly after ${received} bytes: ${messageOf(error)}`;
    throw new ClairError('registry-unavailable', message, { cause: error });
  }
}

function tooMany(name: string, sizeBytes: number): ClairError {
  const message = `the ${name} has more than the ${sizeBytes} bytes in its descriptor`;
  return new ClairError('target-corrupt', message);
}

/** Yields the body from an offset on. A server may ignore a range request and send the body from its start. RFC 9110 §14.2 */
async function* bodyFrom(from: number, { status, headers, body }: RangeResponse): AsyncGenerator<Uint8Array> {
  const start = status === 206 ? startOf(headers['content-range']) : 0;
  if (start === undefined || start > from)
    throw new ClairError(
      'target-corrupt',
      `the server returned a range that does not start at the requested offset ${from}`,
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
