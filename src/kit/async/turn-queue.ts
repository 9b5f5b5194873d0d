import { Semaphore } from './semaphore.ts';
import { yieldToOthers } from './yield.ts';

/** Lets callers go on one after the other, with other work of the process in between. Each then does long work on the main thread. */
export class TurnQueue {
  readonly #semaphore = new Semaphore(1);

  /** Resolves when the turn of the caller has come. */
  async wait(): Promise<void> {
    await this.#semaphore.run(yieldToOthers);
  }
}
