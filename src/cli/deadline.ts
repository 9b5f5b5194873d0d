import { ClairError } from '../core/errors.ts';

/** How long a command may take, and as the user wrote it. */
export interface TimeLimit {
  readonly ms: number;
  readonly text: string;
}

/**
 * The time that a command may take, for `using`. The work that is under way when it is over is not waited for: the process has to be
 * ended. Databases stand that, as they stand a kill, and no result is half-written.
 */
export class Deadline implements Disposable {
  readonly #expired = Promise.withResolvers<never>();
  #timer: NodeJS.Timeout | undefined;

  /** Begins to count. `step` is what is under way. */
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

  /** The result of the work, or `timed-out` where it takes too long. */
  async limit<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.#expired.promise]);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
