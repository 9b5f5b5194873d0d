import { ClairError } from '../../core/errors.ts';

/** Collects the problems of a configuration, so that one error lists all of them. */
export class Problems {
  readonly #errors: ClairError[] = [];

  /** Returns the result of a check; undefined if it throws a `ClairError`, which is collected. Rethrows other errors. */
  check<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      this.#add(error);
      return undefined;
    }
  }

  /** Runs an asynchronous check and collects its problem, as `check` does. */
  async checkAsync(check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      this.#add(error);
    }
  }

  /** Throws `config-invalid` if there are problems. */
  throwIfAny(): void {
    const [first] = this.#errors;
    if (first === undefined) return;
    // Several checks may read the same setting.
    const messages = new Set(this.#errors.map(({ message }) => message));
    if (messages.size === 1) throw new ClairError('config-invalid', first.message, { cause: first });
    const lines = Array.from(messages, (message) => `  ${message}`);
    throw new ClairError('config-invalid', `the configuration cannot be used:\n${lines.join('\n')}`);
  }

  #add(error: unknown): void {
    if (!(error instanceof ClairError)) throw error;
    this.#errors.push(error);
  }
}
