/**
 * An engine version: a number that identifies what read a layer. Its upper part is the revision of the program, which orders versions. Its
 * lower part is a hash of all analyzers, so that plugins make another version of the same revision.
 */
const hashes = 2 ** 31;

/** Returns the engine version of a revision, at most 2²², and of a hash of 31 bits. */
export function composeEngineVersion(revision: number, hash: number): number {
  return revision * hashes + hash;
}

/** Returns whether a version is of a newer revision of the program than another. */
export function isNewerEngine(version: number, than: number): boolean {
  return Math.floor(version / hashes) > Math.floor(than / hashes);
}
