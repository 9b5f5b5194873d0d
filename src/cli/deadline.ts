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
  readonly #expired = Promise.withResolvers<never>();
  #timer: NodeJS.Timeout | undefined;

  /** Starts the timer. `step` returns the current step for the error message. */
  start({ ms, text }: TimeLimit, step: () => string): void {
    this.#timer = setTimeout(() => {
      this.#expired.reject(
        new ClairError(
          'timed-out',
          `not finished within ${text}, the --timeout; the last step was: ${step()}`,
        ),
      );
    }, ms);
  }

  /** Returns the result of the work. Throws `timed-out` if the deadline passes first. */
  async limit<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.#expired.promise]);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
