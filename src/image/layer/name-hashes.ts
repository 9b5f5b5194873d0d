import { encodeName } from '../../kit/tar/name.ts';

/** Adds a byte to a small, cheap hash of a name. It need not be collision-free. */
export function addToHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/** Returns the hash of a path, as `addToHash` makes it from the bytes of the path. */
export function hashOfPath(path: string): number {
  return encodeName(path).reduce(addToHash, 0);
}

const tableMask = 0xffff;

/**
 * Names of members by their hashes: the paths about which something was recorded. A later member of such a name replaces the file, so the
 * filter of members must pass it, whatever it contains. Two names may have one hash; then the filter passes a member that changes nothing.
 */
export class RecordedNames {
  readonly #table = new Uint8Array(tableMask + 1);

  add(path: string): void {
    this.#table[hashOfPath(path) & tableMask] = 1;
  }

  /** Whether a name with this hash may have been added: false is certain, true is not. */
  mayHave(hash: number): boolean {
    return this.#table[hash & tableMask] === 1;
  }
}
