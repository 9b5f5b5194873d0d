import { limits } from '../../core/limits.ts';

/** An answer that was made and that its client has not taken whole. */
export interface UnreadResponse {
  /** Bytes that are held for the client; 0 once it has taken all. */
  readonly bytes: () => number;
  /** Gives up the connection of the client. */
  readonly drop: () => void;
}

/** Bounds for `UnreadAnswers`; `limits` by default. */
export interface UnreadResponsesOptions {
  readonly bytesMax?: number;
  readonly responseMs?: number;
  /** How often the answers are looked at. */
  readonly checkIntervalMs?: number;
}

/** The unread answers of a server. Clients that take too long, or for which too much is held, are disconnected, the oldest first. */
export class UnreadResponses {
  readonly #bytesMax: number;
  readonly #responseMs: number;
  readonly #checkIntervalMs: number;
  /** By the time each was made. */
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

  /** Drops the oldest until no more bytes are held than allowed. */
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
