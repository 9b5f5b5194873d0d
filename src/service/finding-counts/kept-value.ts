import type { Store } from '../../store/store.ts';

/** The part of the store that keeps values. */
export type KeptValues = Pick<Store, 'keyValues'>;

/** A value that the job of counts keeps as JSON for requests. Later runs of the job replace it. */
export class KeptValue<T> {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** Returns the value as it was last kept. Undefined before the first time. */
  async read({ keyValues }: KeptValues): Promise<T | undefined> {
    const text = await keyValues.get(this.#key);
    // The text was written by `keep`, so it needs no validation.
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  async keep({ keyValues }: KeptValues, value: T): Promise<void> {
    await keyValues.set(this.#key, JSON.stringify(value));
  }
}
