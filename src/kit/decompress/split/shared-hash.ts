import { createHash, type Hash } from 'node:crypto';

/** Bytes that are passed to the second thread at a time. */
const pieceBytes = 256 * 1024;
/** Number of pieces by which the second thread may be behind. */
const piecesMax = 16;

/** Words before the lengths of the pieces: the number of pieces that were passed, of those that were hashed, and the thread that hashes. */
const [passed, hashed, owner, lengths] = [0, 1, 2, 3];
const owners = { none: 0, first: 1, second: 2 };

/** Time after which the first thread hashes if the second one has not begun, in milliseconds. It starts in a tenth of a second. */
const usualStartMs = 5000;
/**
 * Time after which a second thread that did nothing has ended, in milliseconds. A piece takes it a millisecond, but a loaded machine may let it
 * wait. The bytes that it hashed are gone, so the layer then cannot be read.
 */
const silentMs = 5 * 60_000;

/** Bytes that a second thread hashes while they are made. */
export interface HashTask {
  /** `sha256`, `sha512`. */
  readonly algorithm: string;
  readonly words: SharedArrayBuffer;
  readonly pieces: SharedArrayBuffer;
}

/** Gives a task to a second thread. It does nothing if that is impossible. */
export type HashAhead = (task: HashTask) => void;

/** A hash that gets its bytes piece by piece. */
export interface PieceHash {
  update(bytes: Buffer): unknown;
  digest(encoding: 'hex'): string;
}

/** Creates a hash with an algorithm. */
export type StartHash = (algorithm: string) => PieceHash;

/**
 * Hashes on a second thread what this thread passes to it in a ring of pieces. If the second thread does not begin, this thread hashes what is in
 * the ring, and all that follows. Throws if the second thread ends while it hashes.
 */
export class SharedHash implements PieceHash {
  readonly #algorithm: string;
  readonly #startMs: number;
  readonly #words: Int32Array;
  readonly #pieces: Buffer;
  /** Bytes in the piece that is being filled. */
  #filled = 0;
  /** The hash of this thread, if it hashes. */
  #own: Hash | undefined;

  constructor(algorithm: string, hashAhead: HashAhead, startMs: number = usualStartMs) {
    this.#algorithm = algorithm;
    this.#startMs = startMs;
    const words = new SharedArrayBuffer((lengths + piecesMax) * Int32Array.BYTES_PER_ELEMENT);
    const pieces = new SharedArrayBuffer(piecesMax * pieceBytes);
    this.#words = new Int32Array(words);
    this.#pieces = Buffer.from(pieces);
    hashAhead({ algorithm, words, pieces });
  }

  update(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; ) {
      this.#waitForPieces(piecesMax - 1);
      if (this.#own !== undefined) {
        this.#own.update(bytes.subarray(from));
        return;
      }
      const piece = pieceOf(this.#pieces, Atomics.load(this.#words, passed));
      const count = bytes.copy(piece, this.#filled, from);
      from += count;
      this.#filled += count;
      if (this.#filled === pieceBytes) this.#pass();
    }
  }

  digest(encoding: 'hex'): string {
    if (this.#filled > 0) this.#pass();
    if (this.#own === undefined) this.#takeOver();
    if (this.#own !== undefined) return this.#own.digest(encoding);
    this.#waitForPieces(piecesMax - 1);
    // An empty piece is the end, and the answer comes in its place.
    const last = Atomics.load(this.#words, passed);
    this.#pass();
    this.#waitForPieces(0);
    return pieceOf(this.#pieces, last).toString('latin1', 0, this.#words[lengthOf(last)]);
  }

  #pass(): void {
    this.#words[lengthOf(Atomics.load(this.#words, passed))] = this.#filled;
    this.#filled = 0;
    advance(this.#words, passed);
  }

  /** Waits until at most a number of pieces are not hashed. */
  #waitForPieces(waitingMax: number): void {
    for (let waited = 0; this.#own === undefined; waited += this.#startMs) {
      const done = Atomics.load(this.#words, hashed);
      if (Atomics.load(this.#words, passed) - done <= waitingMax) return;
      if (waited >= silentMs) throw new Error('the thread that hashes has ended');
      if (waited > 0) this.#takeOver();
      if (Atomics.wait(this.#words, hashed, done, this.#startMs) !== 'timed-out') waited = -this.#startMs;
    }
  }

  /** Hashes on this thread if the second one has not begun. */
  #takeOver(): void {
    if (!claim(this.#words, owners.first)) return;
    const own = createHash(this.#algorithm);
    for (let number = 0; number < Atomics.load(this.#words, passed); number++)
      own.update(pieceOf(this.#pieces, number).subarray(0, this.#words[lengthOf(number)]));
    this.#own = own.update(
      pieceOf(this.#pieces, Atomics.load(this.#words, passed)).subarray(0, this.#filled),
    );
  }
}

/** Does a task on the thread that calls it, and waits for the bytes of the other one. */
export function runHashTask({ algorithm, words: shared, pieces: ring }: HashTask): void {
  const words = new Int32Array(shared);
  const pieces = Buffer.from(ring);
  if (!claim(words, owners.second)) return;
  const hash = createHash(algorithm);
  for (let number = 0; ; number++) {
    while (Atomics.load(words, passed) === number) Atomics.wait(words, passed, number);
    const piece = pieceOf(pieces, number);
    const length = words[lengthOf(number)] ?? 0;
    if (length === 0) words[lengthOf(number)] = piece.write(hash.digest('hex'), 'latin1');
    else hash.update(piece.subarray(0, length));
    advance(words, hashed);
    if (length === 0) return;
  }
}

function claim(words: Int32Array, thread: number): boolean {
  return Atomics.compareExchange(words, owner, owners.none, thread) === owners.none;
}

/** Adds one to a word, and wakes the thread that waits for it. */
function advance(words: Int32Array, word: number): void {
  Atomics.add(words, word, 1);
  Atomics.notify(words, word);
}

function pieceOf(pieces: Buffer, number: number): Buffer {
  const at = (number % piecesMax) * pieceBytes;
  return pieces.subarray(at, at + pieceBytes);
}

function lengthOf(number: number): number {
  return lengths + (number % piecesMax);
}
