/** Bits of a hash. Among 10,000 functions, another function has an equal hash in one of 1,600 cases. */
const hashMask = 0xffffff;

/**
 * Encodes the functions of a program as text: the sorted hashes of their names, each as the difference to the one before. Two functions may
 * have one hash, so a set may seem to contain a function that it does not contain, and never the reverse.
 */
export function encodeFunctions(names: Iterable<string>): string {
  return encodeHashes(new Set(Array.from(names, hashOf)));
}

/** Returns the set of the functions in several sets. */
export function mergeFunctions(sets: readonly string[]): string {
  if (new Set(sets).size === 1) return sets[0] ?? '';
  return encodeHashes(new Set(sets.flatMap((text) => [...decodeHashes(text)])));
}

/** Returns a predicate: whether a set contains a function, or one with the same hash. */
export function functionsIn(text: string): (name: string) => boolean {
  const hashes = decodeHashes(text);
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

function decodeHashes(text: string): Set<number> {
  const hashes = new Set<number>();
  let [hash, shift, difference] = [0, 0, 0];
  for (const byte of Buffer.from(text, 'base64')) {
    difference |= (byte & 127) << shift;
    shift += 7;
    if (byte > 127 && shift < 28) continue;
    hash += difference;
    hashes.add(hash);
    [shift, difference] = [0, 0];
  }
  return hashes;
}

/** FNV-1a of the characters, folded to 24 bits. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 24)) & hashMask;
}
