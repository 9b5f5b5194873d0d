import { Column } from './column.ts';

/** Larger numbers are stored as text: prefix and number must fit into 53 bits together. */
const numberLimit = 2 ** 42;
const prefixLimit = 2 ** 11;
/** Marks an empty slot: prefix 0 has no number 0. */
const noKey = 0;
const free = -1;

/**
 * Assigns the numbers 0, 1, 2… to names in order of their first mention. Made for OVAL ids such as
 * `oval:com.oracle.elsa:tst:20170001001`, of which a feed has a million. Prefix and number become one float in an
 * open-addressing hash table: an id takes about 16 bytes and no string.
 */
export class Ordinals {
  readonly #prefixes = new Map<string, number>();
  /** Names that are not a prefix and a number. */
  readonly #others = new Map<string, number>();
  readonly #keys = new Column(Float64Array, noKey);
  #slots: Int32Array = new Int32Array(1024).fill(free);
  #size = 0;

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

  #addOther(name: string): number {
    this.#others.set(name, this.#size);
    return this.#size++;
  }

  #keyOf(name: string, isNew: boolean): number | undefined {
    const colon = name.lastIndexOf(':');
    const number = Number(name.slice(colon + 1));
    const isCanonical = Number.isInteger(number) && String(number).length === name.length - colon - 1;
    if (!isCanonical || number < 1 || number >= numberLimit) return undefined;
    const prefix = name.slice(0, colon + 1);
    const index = this.#prefixes.get(prefix) ?? this.#prefixes.size;
    if (index === this.#prefixes.size) {
      if (!isNew || index === prefixLimit) return undefined;
      this.#prefixes.set(Buffer.from(prefix).toString(), index);
    }
    return index * numberLimit + number;
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
