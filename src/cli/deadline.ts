import { ClairError } from '../core/errors.ts';

/** The time limit of a command, in milliseconds and as the user wrote it. */
export interface TimeLimit {
  readonly ms: number;
  readonly text: string;
}

/**
 * The deadline of a command, for `using`. It does not wait for unfinished work, so the caller must end the process. That is safe:
 * databases survive a kill, and results are written atomically.
 */
export class Deadline implements Disposable {
  readonly #expiry = Promise.withResolvers<never>();
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    // The deadline may pass before the command awaits it.
    this.#expiry.promise.catch(() => undefined);
  }

  /** Starts the timer. `step` returns the current step for the error message. */
  start({ ms, text }: TimeLimit, step: () => string): void {
    this.#timer = setTimeout(() => {
      this.#expiry.reject(
        new ClairError(
          'timed-out',
          `not finished within ${text}, the --timeout; the last step was: ${step()}`,
        ),
      );
    }, ms);
  }

  /** Rejects with `timed-out` when the deadline passes. */
  get expired(): Promise<never> {
    return this.#expiry.promise;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
