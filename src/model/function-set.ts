/** Bits of a hash. Among 10,000 functions, another function has an equal hash in one of 1,600 cases. */
const hashMask = 0xffffff;

/**
 * Encodes the functions of a program as text: the sorted hashes of their names, each as the difference to the one before. Two functions may
 * have one hash, so a set may seem to contain a function that it does not contain, and never the reverse.
 */
export function encodeFunctions(names: Iterable<string>): string {
  return encodeHashes(new Set(Array.from(names, hashOf)));
}

/** Functions of a merged set. Real packages have some thousands in all programs together. */
const mergedMax = 200_000;

/** Returns the set of the functions in several sets. Undefined if it would be too large. */
export function mergeFunctions(sets: readonly string[]): string | undefined {
  const different = [...new Set(sets)];
  if (different.length === 1) return different[0];
  const hashes = new Set<number>();
  for (const text of different) {
    addHashes(text, hashes);
    if (hashes.size > mergedMax) return undefined;
  }
  return encodeHashes(hashes);
}

/** Returns a predicate: whether a set contains a function, or one with the same hash. */
export function functionsIn(text: string): (name: string) => boolean {
  const hashes = new Set<number>();
  addHashes(text, hashes);
  return (name) => hashes.has(hashOf(name));
}

function encodeHashes(hashes: ReadonlySet<number>): string {
  const bytes: number[] = [];
  let last = 0;
  for (const hash of [...hashes].sort((a, b) => a - b)) {
    let difference = hash - last;
    last = hash;
    for (; difference > 127; difference >>>= 7) bytes.push((difference & 127) | 128);
    bytes.push(difference);
  }
  return Buffer.from(bytes).toString('base64');
}

function addHashes(text: string, hashes: Set<number>): void {
  let [hash, shift, difference] = [0, 0, 0];
  for (const byte of Buffer.from(text, 'base64')) {
    difference |= (byte & 127) << shift;
    shift += 7;
    if (byte > 127 && shift < 28) continue;
    hash += difference;
    hashes.add(hash);
    [shift, difference] = [0, 0];
  }
}

/** FNV-1a of the characters, folded to 24 bits. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 24)) & hashMask;
}
