import { parentOf } from './tar/path.ts';

/** By directory, its entries: paths with values and directories on the way to them. */
type Children = Map<string, Set<string>>;

/**
 * Values by their paths, in the order in which they were last set. Knows which paths are below a directory. Removing a directory takes time
 * by its content, not by the size of the tree.
 */
export class PathTree<T> {
  readonly #values = new Map<string, T>();
  /** Made when it is first needed: most trees of packages only grow. */
  #directories: Children | undefined;

  get size(): number {
    return this.#values.size;
  }

  get(path: string): T | undefined {
    return this.#values.get(path);
  }

  /** Returns whether a value is at a path or below it. */
  reaches(path: string): boolean {
    return this.#values.has(path) || this.#children.has(path);
  }

  /** Returns whether any value is below a directory. */
  hasBelow(directory: string): boolean {
    for (const child of this.#children.get(directory) ?? [])
      if (this.#values.has(child) || this.hasBelow(child)) return true;
    return false;
  }

  /** Returns whether a value is deeper below a directory while no directory between them has a value. */
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
    if (this.#directories !== undefined) enter(this.#directories, path);
  }

  /** Removes the value at a path and all below it. Calls `removed` for each. */
  remove(path: string, removed?: (path: string, thing: T) => void): void {
    this.removeBelow(path, removed);
    this.#drop(path, removed);
    this.#children.get(parentOf(path))?.delete(path);
  }

  /** Removes the values below a directory, which is the empty path for the root. */
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

  get #children(): Children {
    if (this.#directories !== undefined) return this.#directories;
    const directories: Children = new Map();
    for (const path of this.#values.keys()) enter(directories, path);
    this.#directories = directories;
    return directories;
  }
}

/** Adds a path to its directory, and the directory to its parent, up to one that is known. */
function enter(directories: Children, path: string): void {
  for (let child = path; child !== ''; child = parentOf(child)) {
    const directory = parentOf(child);
    const siblings = directories.get(directory);
    if (siblings?.has(child) === true) return;
    if (siblings === undefined) directories.set(directory, new Set([child]));
    else siblings.add(child);
  }
}
