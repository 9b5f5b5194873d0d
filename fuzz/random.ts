/** Repeatable randomness: one seed, one sequence (xorshift32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Spread small seeds over all bits; the state must not be 0.
    this.#state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
    for (let round = 0; round < 8; round++) this.#next();
  }

  /** A whole number from 0 to `bound - 1`. */
  below(bound: number): number {
    return this.#next() % bound;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.#next() < probability * 2 ** 32;
  }

  /** One of the items, which must be some. */
  pick<Item>(items: ArrayLike<Item>): Item {
    return items[this.below(items.length)] as Item;
  }

  /** Up to `max` of the items, which may repeat. */
  some<Item>(items: ArrayLike<Item>, max: number): Item[] {
    return Array.from({ length: this.below(max + 1) }, () => this.pick(items));
  }

  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state;
  }
}
