import { NativeInflater } from '../native-inflater.ts';
import { type FramedParts, type PartRange, rangeOfPart } from './ahead-frames.ts';
import { passPart } from './pass-part.ts';
import { partStates } from './shared-parts.ts';
import type { SplitSink } from './split-gunzip.ts';
import type { StoredReader } from './stored-reader.ts';

const chunkBytes = 256 * 1024;
/** Time after which the first thread does not wait for the start of the second one, in milliseconds. It starts in a tenth of a second. */
const startMs = 2000;

/**
 * The work of the first thread on a zstd file: passes on all inflated bytes in their order, those of the parts that the second thread has
 * inflated among them. The result, or the error, is that of one thread: what the second thread cannot inflate is inflated here again.
 */
export class SplitFrames {
  readonly #stored: StoredReader;
  readonly #framed: FramedParts;
  readonly #sink: SplitSink;
  readonly #chunk: Buffer = Buffer.allocUnsafeSlow(chunkBytes);
  #inflater: NativeInflater | undefined;
  /** The next stored byte of this thread, and the number of those that one thread would have read. */
  #position = 0;
  #bytesIn = 0;
  /** Inflated bytes that were passed on before, and are inflated again. */
  #repeated = 0;
  #inflated = 0;

  constructor(stored: StoredReader, framed: FramedParts, sink: SplitSink) {
    this.#stored = stored;
    this.#framed = framed;
    this.#sink = sink;
  }

  /** Inflates the file. Throws the errors of zstd and of the sink. */
  run(): void {
    const { parts, starts, firstAhead } = this.#framed;
    // Otherwise this thread would take the only part before the second one has begun.
    if (firstAhead === 0) parts.waitFor(0, partStates.claimed, startMs);
    try {
      for (let part: number = firstAhead; part < parts.count && !parts.isStopped; part += 2) {
        const range = rangeOfPart(part, starts, this.#stored.size);
        // If the second thread has not begun, this thread takes the part.
        if (range !== undefined && !parts.claim(part, partStates.notSplit)) this.#joinPart(part, range);
      }
      this.#feedTo(this.#stored.size);
      this.#inflater?.end();
    } finally {
      parts.stop();
    }
  }

  /** Inflates up to a part, and then passes on the part. */
  #joinPart(part: number, { start, end }: PartRange): void {
    const { parts, plan } = this.#framed;
    this.#feedTo(start);
    this.#inflater?.end();
    this.#inflater = undefined;
    const before = this.#inflated;
    const passed = { part, start, inflated: { atStart: before, atRing: before } };
    passPart(parts, passed, { size: this.#stored.size, plan }, (bytes, bytesIn) => {
      this.#pass(bytes, bytesIn);
    });
    if (parts.stateOf(part) === partStates.done) this.#position = end;
    else {
      parts.stop();
      this.#repeated = this.#inflated - before;
    }
  }

  /** Inflates the stored bytes before a position, in pieces that end at the positions of the grid. */
  #feedTo(end: number): void {
    const { gridBytes } = this.#framed.plan;
    while (this.#position < end) {
      const toGrid = gridBytes - (this.#position % gridBytes);
      const wanted = Math.min(this.#chunk.length, end - this.#position, toGrid);
      const bytes = this.#stored.read(this.#chunk.subarray(0, wanted), this.#position);
      this.#bytesIn = Math.min(this.#position + toGrid, this.#stored.size);
      this.#inflater ??= new NativeInflater('zstd', (inflated) => {
        this.#passFresh(inflated);
      });
      this.#inflater.push(bytes);
      this.#position += bytes.length;
    }
  }

  #passFresh(bytes: Buffer): void {
    const fresh = bytes.subarray(Math.min(this.#repeated, bytes.length));
    this.#repeated -= bytes.length - fresh.length;
    if (fresh.length > 0) this.#pass(fresh, this.#bytesIn);
  }

  #pass(bytes: Buffer, bytesIn: number): void {
    this.#inflated += bytes.length;
    this.#sink(bytes, bytesIn);
  }
}
