interface Entry<T> {
  readonly revision: string;
  readonly value: T;
  readonly weight: number;
}

/**
 * Values in memory, each of which holds for one revision of what it was made from. Those that were used least recently are dropped when all
 * together weigh too much.
 */
export class RevisionCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #weightMax: number;
  readonly #weightOf: (value: T) => number;
  #weight = 0;

  /** `weightOf` returns a weight above 0, which never changes for a value. */
  constructor(weightMax: number, weightOf: (value: T) => number) {
    this.#weightMax = weightMax;
    this.#weightOf = weightOf;
  }

  /** Returns the value of a key. Undefined if it is not known for this revision. */
  get(key: string, revision: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry?.revision !== revision) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value instead of that of another revision. One that weighs more than all may is not kept. */
  set(key: string, revision: string, value: T): void {
    this.#drop(key);
    const weight = this.#weightOf(value);
    if (weight > this.#weightMax) return;
    this.#entries.set(key, { revision, value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#weightMax) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }
}
