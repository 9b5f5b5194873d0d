import { RawEngine, windowBytes } from './raw-engine.ts';

/** Two windows that differ in every byte. Where they agreed, a copied byte would pass for a known one. */
const windows: readonly [Buffer, Buffer] = [
  Buffer.from(Array.from({ length: windowBytes }, (_, i) => i & 255)),
  Buffer.from(Array.from({ length: windowBytes }, (_, i) => (i & 255) ^ ((i >> 8) | 0x80))),
];

const outputBytes = 64 * 1024;

/**
 * Inflates a stream whose window is unknown: twice, with two windows. A byte that is equal in both is known, because nothing of the window
 * has reached it. After as many known bytes as a window has, all later ones are known, too.
 */
export class UnknownWindow implements Disposable {
  readonly #engines: readonly [RawEngine, RawEngine] = [new RawEngine(windows[0]), new RawEngine(windows[1])];
  readonly #outputs: readonly [Buffer, Buffer] = [
    Buffer.allocUnsafeSlow(outputBytes),
    Buffer.allocUnsafeSlow(outputBytes),
  ];
  /** The inflated bytes since the last one that is not known. */
  #known: Buffer[] = [];
  #knownBytes = 0;
  /** Number of inflated bytes. */
  inflated = 0;
  /** Stored bytes that the last `push` took. Fewer than it got if the window has become known, or the stream has ended. */
  read = 0;

  /** Whether all later bytes are known. */
  get isKnown(): boolean {
    return this.#knownBytes >= windowBytes;
  }

  /** Number of inflated bytes before the first known one. */
  get knownAt(): number {
    return this.inflated - this.#knownBytes;
  }

  /** Whether zlib has refused the stream. */
  get hasFailed(): boolean {
    return this.#engines.some(({ failure }) => failure !== undefined);
  }

  /** Takes stored bytes until the window is known. */
  push(input: Buffer): void {
    this.read = 0;
    const [one, other] = this.#engines;
    for (;;) {
      const rest = input.subarray(this.read);
      one.run(rest, this.#outputs[0]);
      other.run(rest, this.#outputs[1]);
      // The codes do not depend on the window, so both read and write the same number of bytes.
      if (this.hasFailed || one.written !== other.written || one.read !== other.read) return;
      this.read += one.read;
      this.#compare(one.written);
      const isAtEnd = one.written < outputBytes;
      if (isAtEnd || this.isKnown) return;
    }
  }

  /** Returns the engine that goes on, valid until this is disposed of, and the bytes that are known. */
  take(): { readonly engine: RawEngine; readonly known: readonly Buffer[] } {
    return { engine: this.#engines[0], known: this.#known };
  }

  [Symbol.dispose](): void {
    for (const engine of this.#engines) engine.close();
  }

  #compare(length: number): void {
    const [one, other] = this.#outputs;
    this.inflated += length;
    let from = 0;
    if (one.compare(other, 0, length, 0, length) !== 0) {
      from = length;
      while (from > 0 && one[from - 1] === other[from - 1]) from--;
      this.#known = [];
      this.#knownBytes = 0;
    }
    this.#known.push(Buffer.from(one.subarray(from, length)));
    this.#knownBytes += length - from;
  }
}
