import { ClairError } from '../core/errors.ts';

/** So many may wait for something; who comes when they are taken is refused. */
export class AdmissionLimit {
  readonly #max: number;
  #admitted = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get admitted(): number {
    return this.#admitted;
  }

  /** Waits on a place. Throws `busy`. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#admitted >= this.#max)
      throw new ClairError('busy', `${this.#max} servers of layers are waited for`);
    this.#admitted++;
    try {
      return await work();
    } finally {
      this.#admitted--;
    }
  }
}
