import type { IncomingHttpHeaders } from 'node:http';
import { limits } from '../../core/limits.ts';
import { type RetryOptions, retry } from '../async/retry.ts';

/** How often an HTTP request is made, and how long the pauses are. */
export interface HttpRetryOptions extends Pick<RetryOptions, 'signal' | 'sleep'> {
  /** Attempts, the first included; `limits.httpAttempts` by default. */
  readonly attempts?: number;
  /** The longest pause before another attempt, `Retry-After` included; `limits.retryAfterMs` by default. */
  readonly pauseMsMax?: number;
}

/** A failure of an HTTP request that another attempt may not have. */
export class TransientError extends Error {
  /** The error to throw when no other attempt is made. */
  readonly failure: Error;
  /** The pause that the server requests, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(failure: Error, retryAfterMs?: number) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether a response with this status may be another one soon: 429 and 5xx. */
export function isTransientStatus(status: number): boolean {
  return status === 429 || status >= 500;
}

/**
 * Makes an HTTP request again while it fails with a `TransientError`: after the pause that the server requests, or after 500 ms, 1 s,
 * 2 s. A server that requests more than `pauseMsMax` is not waited for. Throws the last `TransientError`.
 */
export async function retryHttp<T>(work: () => Promise<T>, options: HttpRetryOptions): Promise<T> {
  return await retry(work, {
    isRetryable: (error) => error instanceof TransientError,
    delays: (attempt, error) =>
      retryDelayMs(attempt, error instanceof TransientError ? error.retryAfterMs : undefined, options),
    signal: options.signal,
    sleep: options.sleep,
  });
}

/** Returns the milliseconds before the next attempt. Undefined gives up. */
function retryDelayMs(
  attempt: number,
  retryAfterMs: number | undefined,
  { attempts = limits.httpAttempts, pauseMsMax = limits.retryAfterMs }: HttpRetryOptions,
): number | undefined {
  const ms = retryAfterMs ?? 500 * 2 ** (attempt - 1);
  return attempt >= attempts || ms > pauseMsMax ? undefined : ms;
}

/** Reads `Retry-After`, in seconds or a date, as milliseconds from now. RFC 9110 §10.2.3. Undefined if it is absent or invalid. */
export function parseRetryAfter(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after'] ?? '';
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
