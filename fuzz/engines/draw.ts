/** Random choices that are the same for the same seed. */
export class Draw {
  readonly #next: () => number;

  /** `next` gives numbers from 0 to 1. */
  constructor(next: () => number) {
    this.#next = next;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** One of a list. */
  of<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  }

  /** Up to `max` items of a list, which may repeat. */
  some<T>(list: readonly T[], max: number): T[] {
    return Array.from({ length: this.below(max + 1) }, () => this.of(list));
  }
}
