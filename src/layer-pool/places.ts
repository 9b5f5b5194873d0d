import { ClairError } from '../kit/errors.ts';

/** So many may wait for something; who comes when they are taken is refused. */
export class Places {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Waits on a place. Throws `busy`. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#max)
      throw new ClairError('busy', `${this.#max} servers of layers are waited for`);
    this.#taken++;
    try {
      return await work();
    } finally {
      this.#taken--;
    }
  }
}
