import { ClairError } from '../../core/errors.ts';
import { withTimeout } from './timeout.ts';

/** Runs work with the same key one after the other, in order of arrival. Work with other keys runs concurrently. */
export class KeyedMutex {
  readonly #waitMs: number;
  /** By key, settled when all work queued so far is done. */
  readonly #ends = new Map<string, Promise<unknown>>();

  /** `waitMs` limits the wait for a turn. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** Runs the work when its turn comes. Throws `busy` if that takes too long. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#ends.get(key);
    const { promise: isDone, resolve } = Promise.withResolvers<undefined>();
    const end = before === undefined ? isDone : before.then(() => isDone);
    this.#ends.set(key, end);
    try {
      if (before !== undefined) await withTimeout(before, this.#waitMs, busyError);
      return await work();
    } finally {
      resolve(undefined);
      if (this.#ends.get(key) === end) this.#ends.delete(key);
    }
  }
}

function busyError(): ClairError {
  return new ClairError('busy', 'other requests are changing the same resource: try again');
}
