import { createHash } from 'node:crypto';

/** Bytes up to which `smallSha256` hashes. To load `node:crypto` takes five milliseconds, a twentieth of a small scan. */
const smallBytesMax = 16 * 1024;

/** Returns the SHA-256 of UTF-8 text or of bytes, by default in lower-case hexadecimal digits. */
export function sha256Of(content: string | Uint8Array, encoding: 'hex' | 'base64url' = 'hex'): string {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return bytes.length <= smallBytesMax
    ? smallSha256(bytes).toString(encoding)
    : createHash('sha256').update(bytes).digest(encoding);
}

const blockBytes = 64;
/** Length of the number of bits at the end. */
const lengthBytes = 8;
const rounds = 64;

/** Constants of the rounds, and the first state: fractions of cube roots and square roots of the first primes. FIPS 180-4, 4.2.2 and 5.3.3 */
const constants = Int32Array.from(primes(rounds), (prime) => fractionOf(Math.cbrt(prime)));
const firstState = Int32Array.from(primes(8), (prime) => fractionOf(Math.sqrt(prime)));

/** Hashes in plain code, without iterators: they take longer than the hash. */
function smallSha256(bytes: Uint8Array): Buffer {
  const blocks = paddedBlocks(bytes);
  const state = firstState.slice();
  const schedule = new Int32Array(rounds);
  for (let at = 0; at < blocks.length; at += blockBytes) {
    fillSchedule(schedule, blocks, at);
    compress(state, schedule);
  }
  const digest = Buffer.allocUnsafe(state.length * 4);
  for (let i = 0; i < state.length; i++) digest.writeInt32BE(wordAt(state, i), i * 4);
  return digest;
}

/** Returns whole blocks: the bytes, a bit that is set, zeros, and the number of bits. FIPS 180-4, 5.1.1 */
function paddedBlocks(bytes: Uint8Array): Buffer {
  const blocks = Math.ceil((bytes.length + 1 + lengthBytes) / blockBytes);
  const padded = Buffer.alloc(blocks * blockBytes);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  padded.writeUInt32BE(bytes.length * 8, padded.length - 4);
  return padded;
}

/** Writes the 16 words of a block, and the 48 that follow from them. FIPS 180-4, 6.2.2, step 1 */
function fillSchedule(schedule: Int32Array, blocks: Buffer, at: number): void {
  for (let t = 0; t < 16; t++) schedule[t] = blocks.readInt32BE(at + t * 4);
  for (let t = 16; t < rounds; t++) {
    const a = wordAt(schedule, t - 15);
    const b = wordAt(schedule, t - 2);
    const low = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const high = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    schedule[t] = wordAt(schedule, t - 16) + low + wordAt(schedule, t - 7) + high;
  }
}

/** Adds a block to the state: eight words, of which each round moves seven by one place. FIPS 180-4, 6.2.2, steps 2 to 4 */
function compress(state: Int32Array, schedule: Int32Array): void {
  let [a, b, c, d] = [wordAt(state, 0), wordAt(state, 1), wordAt(state, 2), wordAt(state, 3)];
  let [e, f, g, h] = [wordAt(state, 4), wordAt(state, 5), wordAt(state, 6), wordAt(state, 7)];
  for (let t = 0; t < rounds; t++) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const fromE = (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice;
    const fromA = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
    const sum = (h + fromE + wordAt(constants, t) + wordAt(schedule, t)) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + sum) | 0;
    d = c;
    c = b;
    b = a;
    a = (sum + fromA) | 0;
  }
  add(state, 0, a);
  add(state, 1, b);
  add(state, 2, c);
  add(state, 3, d);
  add(state, 4, e);
  add(state, 5, f);
  add(state, 6, g);
  add(state, 7, h);
}

function add(state: Int32Array, index: number, value: number): void {
  state[index] = wordAt(state, index) + value;
}

function wordAt(words: Int32Array, index: number): number {
  return words[index] as number;
}

/** Rotates the bits of a word to the right. */
function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** Returns the first 32 bits of the fraction of a number. */
function fractionOf(value: number): number {
  return ((value % 1) * 2 ** 32) | 0;
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let number = 2; found.length < count; number++)
    if (found.every((prime) => number % prime !== 0)) found.push(number);
  return found;
}
