import { ClairError } from '../../core/errors.ts';

/** Collects what is wrong with a configuration, so that one error lists all of it. */
export class Problems {
  readonly #errors: ClairError[] = [];

  /** The result of a check; undefined if the check found a problem. Any error but a `ClairError` is thrown. */
  check<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      this.#add(error);
      return undefined;
    }
  }

  /** As `of`, for a check that loads what it needs. */
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
