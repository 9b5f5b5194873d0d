import { ClairError } from '../core/errors.ts';

/** Limits the concurrency of callers: a fixed number may wait at the same time. Rejects further callers. */
export class AdmissionLimit {
  readonly #max: number;
  #admitted = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get admitted(): number {
    return this.#admitted;
  }

  /** Runs `work` in a free slot. Throws `busy` if no slot is free. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#admitted >= this.#max)
      throw new ClairError('busy', `${this.#max} slow layer downloads are already waiting`);
    this.#admitted++;
    try {
      return await work();
    } finally {
      this.#admitted--;
    }
  }
}
