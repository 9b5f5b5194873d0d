import { parentOf } from './tar/path.ts';

/**
 * Things by their paths, in the order in which they were last set, with an eye on what lies below what: however many there are,
 * taking away a directory costs no more than what is in it.
 */
export class PathTree<T> {
  readonly #values = new Map<string, T>();
  /** By directory, the things in it and the directories on the way to them. */
  readonly #children = new Map<string, Set<string>>();

  get size(): number {
    return this.#values.size;
  }

  get(path: string): T | undefined {
    return this.#values.get(path);
  }

  /** Whether something is at a path or below it. Where nothing is, nothing is further down either. */
  reaches(path: string): boolean {
    return this.#values.has(path) || this.#children.has(path);
  }

  /** Whether there is anything below a directory. */
  hasBelow(directory: string): boolean {
    for (const child of this.#children.get(directory) ?? [])
      if (this.#values.has(child) || this.hasBelow(child)) return true;
    return false;
  }

  /** Whether something lies further below a directory, and nothing is at a directory between. */
  hasGapBelow(directory: string): boolean {
    for (const child of this.#children.get(directory) ?? [])
      if (this.#values.has(child) ? this.hasGapBelow(child) : this.hasBelow(child)) return true;
    return false;
  }

  [Symbol.iterator](): IterableIterator<[string, T]> {
    return this.#values.entries();
  }

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  values(): IterableIterator<T> {
    return this.#values.values();
  }

  set(path: string, thing: T): void {
    this.#values.delete(path);
    this.#values.set(path, thing);
    this.#enter(path);
  }

  /** Takes away what is at a path and all below it; `removed` is told of each that was there. */
  remove(path: string, removed?: (path: string, thing: T) => void): void {
    this.removeBelow(path, removed);
    this.#drop(path, removed);
    this.#children.get(parentOf(path))?.delete(path);
  }

  /** Takes away what is below a directory; the root is the empty path. */
  removeBelow(directory: string, removed?: (path: string, thing: T) => void): void {
    const pending = [directory];
    for (let above = pending.pop(); above !== undefined; above = pending.pop()) {
      const children = this.#children.get(above);
      if (children === undefined) continue;
      this.#children.delete(above);
      for (const child of children) {
        this.#drop(child, removed);
        pending.push(child);
      }
    }
  }

  #drop(path: string, removed: ((path: string, thing: T) => void) | undefined): void {
    const thing = this.#values.get(path);
    if (thing === undefined) return;
    this.#values.delete(path);
    removed?.(path, thing);
  }

  /** Enters a path under its directory, and that under the one above, up to one that is known. */
  #enter(path: string): void {
    for (let child = path; child !== ''; child = parentOf(child)) {
      const directory = parentOf(child);
      const siblings = this.#children.get(directory);
      if (siblings?.has(child) === true) return;
      if (siblings === undefined) this.#children.set(directory, new Set([child]));
      else siblings.add(child);
    }
  }
}
