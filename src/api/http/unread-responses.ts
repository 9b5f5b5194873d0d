import { limits } from '../../core/limits.ts';

/** A response that the client has not read completely. */
export interface UnreadResponse {
  /** Buffered bytes; 0 once the client has read everything. */
  readonly bytes: () => number;
  /** Closes the connection of the client. */
  readonly drop: () => void;
}

/** Limits of `UnreadResponses`; those of `limits` by default. */
export interface UnreadResponsesOptions {
  readonly bytesMax?: number;
  readonly responseMs?: number;
  /** Interval between checks of the responses, in milliseconds. */
  readonly checkIntervalMs?: number;
}

/**
 * The unread responses of a server. Disconnects clients that take longer than `responseMs`, and the oldest ones while more than
 * `bytesMax` bytes are buffered.
 */
export class UnreadResponses {
  readonly #bytesMax: number;
  readonly #responseMs: number;
  readonly #checkIntervalMs: number;
  /** Responses with their creation times, the oldest first. */
  readonly #responses = new Map<UnreadResponse, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UnreadResponsesOptions = {}) {
    this.#bytesMax = options.bytesMax ?? limits.unreadBytes;
    this.#responseMs = options.responseMs ?? limits.answerMs;
    this.#checkIntervalMs = options.checkIntervalMs ?? limits.unreadCheckMs;
  }

  add(response: UnreadResponse): void {
    this.#responses.set(response, performance.now());
    this.#dropOldest();
    this.#timer ??= setInterval(() => {
      this.#check();
    }, this.#checkIntervalMs).unref();
  }

  delete(response: UnreadResponse): void {
    this.#responses.delete(response);
    if (this.#responses.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Drops the oldest responses until the buffered bytes are within the limit. */
  #dropOldest(): void {
    let bytes = 0;
    for (const response of this.#responses.keys()) bytes += response.bytes();
    for (const response of this.#responses.keys()) {
      if (bytes <= this.#bytesMax) return;
      bytes -= response.bytes();
      this.#drop(response);
    }
  }

  #check(): void {
    const latest = performance.now() - this.#responseMs;
    for (const [response, madeAt] of this.#responses)
      if (response.bytes() === 0) this.delete(response);
      else if (madeAt < latest) this.#drop(response);
  }

  #drop(response: UnreadResponse): void {
    this.delete(response);
    response.drop();
  }
}
