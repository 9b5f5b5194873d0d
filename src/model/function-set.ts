/** Bits of a hash. Among 10,000 functions, another function has an equal hash in one of 1,600 cases. */
const hashMask = 0xffffff;

/** The hash of a name without bytes. */
const emptyNameHash = 0x811c9dc5;

/** Returns the hash of a name from that of the bytes before its last one (FNV-1a). */
export function extendNameHash(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** Returns the hash of a name in UTF-8. `before` is that of the bytes before it. */
export function nameHashOf(name: string, before: number = emptyNameHash): number {
  let hash = before;
  for (const byte of Buffer.from(name)) hash = extendNameHash(hash, byte);
  return hash;
}

/**
 * Collects the functions of a package and encodes them as text: the sorted hashes of their names, folded to 24 bits, each as the difference
 * to the one before. Two functions may have one hash, so a set may seem to contain a function that it does not contain, and never the
 * reverse.
 */
export class FunctionSetEncoder {
  #hashes = new Uint32Array(16);
  #count = 0;

  /** Adds the hash of a name. */
  add(hash: number): void {
    this.#push(foldHash(hash));
  }

  /** Adds the functions of an encoded set. */
  addSet(text: string): void {
    const hashes = decodeHashes(text);
    for (let i = 0; i < hashes.length; i++) this.#push(hashes[i] ?? 0);
  }

  #push(hash: number): void {
    if (this.#count === this.#hashes.length) {
      const larger = new Uint32Array(2 * this.#count);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes[this.#count++] = hash;
  }

  /** Removes repeated hashes once there are more than twice this number. Returns whether more than this number are different. */
  hasMoreThan(count: number): boolean {
    return this.#count > 2 * count && this.#sorted().length > count;
  }

  /** Encodes the functions. Undefined if there are more than this number. */
  encode(countMax: number = Number.POSITIVE_INFINITY): string | undefined {
    const hashes = this.#sorted();
    return hashes.length > countMax ? undefined : encodeHashes(hashes);
  }

  #sorted(): Uint32Array {
    const hashes = this.#hashes.subarray(0, this.#count);
    sortHashes(hashes);
    let kept = 0;
    for (let i = 0; i < hashes.length; i++) {
      const hash = hashes[i] ?? 0;
      if (kept === 0 || hash !== hashes[kept - 1]) hashes[kept++] = hash;
    }
    this.#count = kept;
    return hashes.subarray(0, kept);
  }
}

const digitBits = 12;
const digitMask: number = (1 << digitBits) - 1;
/** Number of hashes from which sorting by digits is faster. */
const digitSortMin = 2048;

/** Sorts hashes of 24 bits: many by two digits (radix sort), which takes a fifth of the time. */
function sortHashes(hashes: Uint32Array): void {
  if (hashes.length < digitSortMin) {
    hashes.sort();
    return;
  }
  const other = new Uint32Array(hashes.length);
  sortByDigit(hashes, other, 0);
  sortByDigit(other, hashes, digitBits);
}

/** Copies hashes in the order of one digit. Equal ones keep their order. */
function sortByDigit(from: Uint32Array, to: Uint32Array, shift: number): void {
  const ends = new Uint32Array(digitMask + 2);
  for (let i = 0; i < from.length; i++) {
    const next = (((from[i] ?? 0) >>> shift) & digitMask) + 1;
    ends[next] = (ends[next] ?? 0) + 1;
  }
  for (let digit = 1; digit <= digitMask; digit++) ends[digit] = (ends[digit] ?? 0) + (ends[digit - 1] ?? 0);
  for (let i = 0; i < from.length; i++) {
    const hash = from[i] ?? 0;
    const digit = (hash >>> shift) & digitMask;
    const place = ends[digit] ?? 0;
    to[place] = hash;
    ends[digit] = place + 1;
  }
}

/** Encodes the functions with these names. */
export function encodeFunctions(names: Iterable<string>): string {
  const encoder = new FunctionSetEncoder();
  for (const name of names) encoder.add(nameHashOf(name));
  return encoder.encode() ?? '';
}

/** Functions of a merged set. Real packages have some thousands in all programs together. */
const mergedMax = 200_000;

/** Returns the set of the functions in several sets. Undefined if it would be too large. */
export function mergeFunctions(sets: readonly string[]): string | undefined {
  const different = [...new Set(sets)];
  if (different.length === 1) return different[0];
  const encoder = new FunctionSetEncoder();
  for (const text of different) {
    encoder.addSet(text);
    if (encoder.hasMoreThan(mergedMax)) return undefined;
  }
  return encoder.encode(mergedMax);
}

/** Returns a predicate: whether a set contains a function, or one with the same hash. */
export function functionsIn(text: string): (name: string) => boolean {
  const hashes = decodeHashes(text);
  return (name) => isAmong(hashes, foldHash(nameHashOf(name)));
}

/** Returns 24 bits of a hash. */
function foldHash(hash: number): number {
  return (hash ^ (hash >>> 24)) & hashMask;
}

function encodeHashes(hashes: Uint32Array): string {
  const bytes = Buffer.allocUnsafe(4 * hashes.length);
  let last = 0;
  let length = 0;
  // Not by an iterator: a call for each of some hundred thousand hashes takes longer than the rest.
  for (let i = 0; i < hashes.length; i++) {
    const hash = hashes[i] ?? 0;
    let difference = hash - last;
    last = hash;
    for (; difference > 127; difference >>>= 7) bytes[length++] = (difference & 127) | 128;
    bytes[length++] = difference;
  }
  return bytes.toString('base64', 0, length);
}

/** Returns the hashes of a set in their order. */
function decodeHashes(text: string): Uint32Array {
  const bytes = Buffer.from(text, 'base64');
  const hashes = new Uint32Array(bytes.length);
  let count = 0;
  let [hash, shift, difference] = [0, 0, 0];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    difference |= (byte & 127) << shift;
    shift += 7;
    if (byte > 127 && shift < 28) continue;
    hash += difference;
    hashes[count++] = hash;
    shift = 0;
    difference = 0;
  }
  return hashes.subarray(0, count);
}

function isAmong(sorted: Uint32Array, wanted: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}
