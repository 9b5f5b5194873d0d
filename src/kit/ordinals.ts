import { Column } from './number-column.ts';

/** Larger numbers are stored as text: prefix and number must fit into 53 bits together. */
const numberLimit = 2 ** 42;
/** Digits of a number that is always below the limit. */
const digitsMax = 12;
const prefixLimit = 2 ** 11;
/** Marks an empty slot: prefix 0 has no number 0. */
const noKey = 0;
const free = -1;
const zero = 0x30;

/**
 * Assigns the numbers 0, 1, 2… to names in order of their first mention. Made for names that are a prefix and a number, such as
 * `oval:com.oracle.elsa:tst:20170001001` or `CVE-2024-3094`, of which a feed has a million. Prefix and number become one float in an
 * open-addressing hash table: a name takes about 16 bytes and no string.
 */
export class Ordinals {
  readonly #prefixes = new Map<string, number>();
  readonly #prefixTexts: string[] = [];
  /** The prefix that was looked up last, and its index. Most names follow one with the same prefix. */
  #lastPrefix = '';
  #lastIndex = -1;
  /** Names that are not a prefix and a number. */
  readonly #others = new Map<string, number>();
  readonly #keys = new Column(Float64Array, noKey);
  #slots: Int32Array = new Int32Array(1024).fill(free);
  #size = 0;

  /** Number of names. */
  get size(): number {
    return this.#size;
  }

  /** Returns the number of a name, and assigns one if it has none yet. */
  of(name: string): number {
    const key = this.#keyOf(name, true);
    if (key === undefined) return this.#others.get(name) ?? this.#addOther(name);
    const slot = this.#slotOf(key);
    const ordinal = this.#slots[slot] ?? free;
    if (ordinal !== free) return ordinal;
    this.#slots[slot] = this.#size;
    this.#keys.put(this.#size++, key);
    if (this.#size * 4 > this.#slots.length * 3) this.#grow();
    return this.#size - 1;
  }

  /** Returns the number of a name; undefined if it has none. */
  find(name: string): number | undefined {
    const key = this.#keyOf(name, false);
    if (key === undefined) return this.#others.get(name);
    const ordinal = this.#slots[this.#slotOf(key)];
    return ordinal === free ? undefined : ordinal;
  }

  /** Yields all names with their numbers, in no particular order. */
  *entries(): Generator<readonly [name: string, ordinal: number]> {
    for (let ordinal = 0; ordinal < this.#size; ordinal++) {
      const key = this.#keys.get(ordinal);
      if (key === noKey) continue;
      const prefix = this.#prefixTexts[Math.floor(key / numberLimit)] ?? '';
      yield [`${prefix}${key % numberLimit}`, ordinal];
    }
    yield* this.#others;
  }

  #addOther(name: string): number {
    this.#others.set(name, this.#size);
    return this.#size++;
  }

  /** Returns prefix and number of a name as one number. Undefined if it does not end in a number, or for an unknown prefix. */
  #keyOf(name: string, isNew: boolean): number | undefined {
    let number = 0;
    let start = name.length;
    const first = Math.max(0, name.length - digitsMax);
    for (let at = name.length - 1, weight = 1; at >= first; at--, weight *= 10) {
      const digit = name.charCodeAt(at) - zero;
      if (digit < 0 || digit > 9) break;
      // Zeros before the number are a part of the prefix.
      if (digit !== 0) start = at;
      number += digit * weight;
    }
    const index = number === 0 ? undefined : this.#prefixOf(name, start, isNew);
    return index === undefined ? undefined : index * numberLimit + number;
  }

  /** Returns the index of the first characters of a name. */
  #prefixOf(name: string, length: number, isNew: boolean): number | undefined {
    if (length === this.#lastPrefix.length && this.#lastIndex >= 0 && name.startsWith(this.#lastPrefix))
      return this.#lastIndex;
    const prefix = name.slice(0, length);
    const index = this.#prefixes.get(prefix) ?? (isNew ? this.#addPrefix(prefix) : undefined);
    if (index !== undefined) {
      this.#lastPrefix = this.#prefixTexts[index] ?? '';
      this.#lastIndex = index;
    }
    return index;
  }

  #addPrefix(prefix: string): number | undefined {
    const index = this.#prefixTexts.length;
    if (index === prefixLimit) return undefined;
    // A copy: a substring of a parser chunk would keep the whole chunk in memory.
    const copy = Buffer.from(prefix).toString();
    this.#prefixTexts.push(copy);
    this.#prefixes.set(copy, index);
    return index;
  }

  /** Returns the slot of a key, or the free slot for it. */
  #slotOf(key: number): number {
    const mask = this.#slots.length - 1;
    const hash = Math.imul((key % 2 ** 32) | 0, 0x9e3779b1) ^ Math.imul(key / 2 ** 32, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#slots[slot] !== free && this.#keys.get(this.#slots[slot] ?? 0) !== key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(free);
    for (let ordinal = 0; ordinal < this.#size; ordinal++) {
      const key = this.#keys.get(ordinal);
      if (key !== noKey) this.#slots[this.#slotOf(key)] = ordinal;
    }
  }
}
