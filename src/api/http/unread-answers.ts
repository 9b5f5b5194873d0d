import { limits } from '../../kit/limits.ts';

/** An answer that was made and that its client has not taken whole. */
export interface UnreadAnswer {
  /** Bytes that are held for the client; 0 once it has taken all. */
  readonly bytes: () => number;
  /** Gives up the connection of the client. */
  readonly drop: () => void;
}

/** Bounds for `UnreadAnswers`; `limits` by default. */
export interface UnreadOptions {
  readonly bytesMax?: number;
  readonly answerMs?: number;
  /** How often the answers are looked at. */
  readonly everyMs?: number;
}

/** The unread answers of a server. Clients that take too long, or for which too much is held, are disconnected, the oldest first. */
export class UnreadAnswers {
  readonly #bytesMax: number;
  readonly #answerMs: number;
  readonly #everyMs: number;
  /** By the time each was made. */
  readonly #answers = new Map<UnreadAnswer, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UnreadOptions = {}) {
    this.#bytesMax = options.bytesMax ?? limits.unreadBytes;
    this.#answerMs = options.answerMs ?? limits.answerMs;
    this.#everyMs = options.everyMs ?? limits.unreadCheckMs;
  }

  add(answer: UnreadAnswer): void {
    this.#answers.set(answer, performance.now());
    this.#dropOldest();
    this.#timer ??= setInterval(() => {
      this.#look();
    }, this.#everyMs).unref();
  }

  delete(answer: UnreadAnswer): void {
    this.#answers.delete(answer);
    if (this.#answers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Drops the oldest until no more bytes are held than allowed. */
  #dropOldest(): void {
    let bytes = 0;
    for (const answer of this.#answers.keys()) bytes += answer.bytes();
    for (const answer of this.#answers.keys()) {
      if (bytes <= this.#bytesMax) return;
      bytes -= answer.bytes();
      this.#drop(answer);
    }
  }

  #look(): void {
    const latest = performance.now() - this.#answerMs;
    for (const [answer, madeAt] of this.#answers)
      if (answer.bytes() === 0) this.delete(answer);
      else if (madeAt < latest) this.#drop(answer);
  }

  #drop(answer: UnreadAnswer): void {
    this.delete(answer);
    answer.drop();
  }
}
