/** Repeatable random numbers (xorshift32): the seed determines the sequence. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Spreads small seeds over all bits. The state must not be 0.
    this.#state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
    for (let round = 0; round < 8; round++) this.#next();
  }

  /** Returns an integer from 0 to `bound - 1`. */
  below(bound: number): number {
    return this.#next() % bound;
  }

  /** Returns true with this probability. */
  chance(probability: number): boolean {
    return this.#next() < probability * 2 ** 32;
  }

  /** Returns one of the items, of which there must be at least one. */
  pick<Item>(items: ArrayLike<Item>): Item {
    return items[this.below(items.length)] as Item;
  }

  /** Returns up to `max` of the items, possibly repeated. */
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
