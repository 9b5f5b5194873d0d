import { crc32 } from 'node:zlib';
import { NativeInflater } from '../native-inflater.ts';
import { bytesFromBit } from './begin-at-bit.ts';
import { assertGzipTrailer, gzipHeaderLength, gzipTrailerBytes } from './gzip-frame.ts';
import { proveBlockEnd } from './joint-proof.ts';
import { passPart } from './pass-part.ts';
import { RawEngine, windowBytes } from './raw-engine.ts';
import { partStates, type SharedParts } from './shared-parts.ts';
import type { SplitPlan } from './split-plan.ts';
import type { StoredReader } from './stored-reader.ts';

/** Receives inflated bytes, valid only during the call, and the number of stored bytes that one thread would have read for them. */
export type SplitSink = (bytes: Buffer, bytesIn: number) => void;

/** Bytes in which a header must end. */
const headerBytesMax = 64 * 1024;

const chunkBytes = 256 * 1024;
const outputBytes = 256 * 1024;

/** Returns whether a gzip stream can be divided: its header is valid and short. */
export function canSplit(stored: StoredReader): boolean {
  return headerLengthOf(stored) !== undefined;
}

function headerLengthOf(stored: StoredReader): number | undefined {
  return gzipHeaderLength(stored.read(Buffer.alloc(Math.min(headerBytesMax, stored.size)), 0));
}

/**
 * The work of the first thread: passes on all inflated bytes in their order, those of the parts that the second thread has inflated among
 * them. The result, or the error, is that of one thread: a part counts only if the previous one was proven to end at its first bit.
 */
export class SplitGunzip {
  readonly #stored: StoredReader;
  readonly #parts: SharedParts;
  readonly #plan: SplitPlan;
  readonly #sink: SplitSink;
  readonly #chunk: Buffer = Buffer.allocUnsafeSlow(chunkBytes);
  readonly #output: Buffer = Buffer.allocUnsafeSlow(outputBytes);
  #engine: RawEngine = new RawEngine();
  /** The next stored byte of this thread. */
  #position = 0;
  /** Where this thread last began to inflate, so that it can do so again. */
  #origin: Origin = { bit: 0, window: Buffer.alloc(0), inflated: 0 };
  /** Inflated bytes that were passed on before, and are inflated again. */
  #repeated = 0;
  #inflated = 0;
  #checksum = 0;
  /** The last inflated bytes. */
  #window: Buffer = Buffer.alloc(0);

  constructor(stored: StoredReader, parts: SharedParts, plan: SplitPlan, sink: SplitSink) {
    this.#stored = stored;
    this.#parts = parts;
    this.#plan = plan;
    this.#sink = sink;
  }

  /** Inflates the file. Throws the errors of zlib and of the sink. */
  run(): void {
    try {
      const end = this.#inflateFirstMember(headerLengthOf(this.#stored) ?? 0);
      const trailer = this.#stored.read(Buffer.alloc(gzipTrailerBytes), end);
      assertGzipTrailer(trailer, this.#checksum, this.#inflated);
      this.#inflateOtherMembers(end + gzipTrailerBytes);
    } finally {
      this.#parts.stop();
      this.#engine.close();
    }
  }

  /** Returns the position behind the deflate stream. */
  #inflateFirstMember(from: number): number {
    this.#begin({ bit: from * 8, window: Buffer.alloc(0), inflated: 0 });
    for (let part = 1; part < this.#parts.count; part += 2) {
      if (this.#feedTo(part * this.#plan.partBytes) === 'ended') return this.#position;
      if (this.#parts.isStopped || !this.#hasStart(part)) continue;
      const end = this.#joinPart(part);
      if (end !== undefined) return end;
    }
    if (this.#feedTo(this.#stored.size) === 'ended') return this.#position;
    throw this.#failureAtEnd();
  }

  /** Returns whether the second thread has found the start of a part. If it has not begun, this thread takes the part. */
  #hasStart(part: number): boolean {
    if (this.#parts.claim(part, partStates.notSplit)) return false;
    const state = this.#parts.waitFor(part, partStates.started);
    return state >= partStates.started && state !== partStates.failed;
  }

  /**
   * Inflates up to the start of a part, and then passes on the part. Returns the position behind the stream if it has ended. Undefined if
   * this thread must go on.
   */
  #joinPart(part: number): number | undefined {
    const bit = this.#parts.positionOf(part, 'startBit');
    if (this.#feedTo(Math.floor(bit / 8)) === 'ended') return this.#position;
    // Before that, a reference may lead before the start of the stream, which only one thread refuses.
    if (this.#window.length < windowBytes) return undefined;
    const remainder = proveBlockEnd(this.#engine, bit, this.#stored.byteAt(bit));
    if (remainder === undefined) {
      this.#beginAgain(this.#origin);
      return undefined;
    }
    this.#pass(remainder, this.#bytesIn());
    const origin = { bit, window: Buffer.from(this.#window), inflated: this.#inflated };
    this.#begin(origin);
    const state = this.#parts.waitFor(part, partStates.known);
    if (state < partStates.known || state === partStates.failed) return undefined;
    const known = this.#parts.positionOf(part, 'knownAt');
    if (this.#feedUntil(origin.inflated + known) === 'ended') return this.#position;
    this.#passOn(part, Math.floor(bit / 8), origin.inflated);
    return this.#continueBehind(part, origin);
  }

  #passOn(part: number, start: number, atStart: number): void {
    const passed = { part, start, inflated: { atStart, atRing: this.#inflated } };
    passPart(this.#parts, passed, { size: this.#stored.size, plan: this.#plan }, (bytes, bytesIn) => {
      this.#pass(bytes, bytesIn);
    });
  }

  #continueBehind(part: number, origin: Origin): number | undefined {
    if (this.#parts.stateOf(part) !== partStates.done) {
      this.#beginAgain(origin);
      return undefined;
    }
    const end = this.#parts.positionOf(part, 'end');
    if (this.#parts.positionOf(part, 'isStreamEnd') === 1) return end;
    this.#begin({ bit: end, window: Buffer.from(this.#window), inflated: this.#inflated });
    return undefined;
  }

  #begin(origin: Origin): void {
    const { bit, window } = origin;
    this.#origin = origin;
    this.#engine.close();
    this.#engine = new RawEngine(window);
    this.#position = Math.floor(bit / 8);
    if (bit % 8 === 0) return;
    // The rest of a byte cannot end the stream: at least the end of a block follows, which has seven bits.
    const lead = bytesFromBit(bit % 8, this.#stored.byteAt(bit));
    this.#run(lead, this.#output.length, this.#bytesIn());
    this.#position++;
  }

  /** Inflates the rest on this thread. */
  #beginAgain(origin: Origin): void {
    this.#parts.stop();
    this.#repeated = this.#inflated - origin.inflated;
    this.#begin(origin);
  }

  /** Inflates the stored bytes before a position. */
  #feedTo(end: number): 'ended' | undefined {
    return this.#feed(end, Number.POSITIVE_INFINITY);
  }

  /** Inflates until a number of bytes are inflated in all. */
  #feedUntil(inflated: number): 'ended' | undefined {
    return this.#feed(this.#stored.size, inflated);
  }

  #feed(end: number, inflatedMax: number): 'ended' | undefined {
    while (this.#position < end) {
      const wanted = Math.min(this.#chunk.length, end - this.#position, this.#toGrid(this.#position));
      const bytes = this.#stored.read(this.#chunk.subarray(0, wanted), this.#position);
      const bytesIn = this.#bytesIn();
      for (let from = 0; ; ) {
        const max = Math.min(this.#output.length, inflatedMax - this.#inflated);
        if (max === 0) return undefined;
        this.#run(bytes.subarray(from), max, bytesIn);
        from += this.#engine.read;
        this.#position += this.#engine.read;
        if (this.#engine.written === max) continue;
        if (from < bytes.length) return 'ended';
        break;
      }
    }
    return undefined;
  }

  #run(input: Buffer, max: number, bytesIn: number): void {
    const engine = this.#engine;
    engine.run(input, this.#output, max);
    if (engine.failure !== undefined) throw engine.failure;
    if (engine.written > 0) this.#pass(this.#output.subarray(0, engine.written), bytesIn);
  }

  /** Returns the stored bytes that one thread would have read up to the position. */
  #bytesIn(): number {
    return Math.min(this.#position + this.#toGrid(this.#position), this.#stored.size);
  }

  /** Returns the bytes from a position to the next one of the grid. */
  #toGrid(position: number): number {
    return this.#plan.gridBytes - (position % this.#plan.gridBytes);
  }

  #pass(bytes: Buffer, bytesIn: number): void {
    const fresh = bytes.subarray(Math.min(this.#repeated, bytes.length));
    this.#repeated -= bytes.length - fresh.length;
    if (fresh.length === 0) return;
    this.#inflated += fresh.length;
    this.#checksum = crc32(fresh, this.#checksum);
    this.#window = lastBytes(this.#window, fresh);
    this.#sink(fresh, bytesIn);
  }

  #failureAtEnd(): Error {
    this.#engine.finish(this.#output);
    return this.#engine.failure ?? new Error('unexpected end of file');
  }

  #inflateOtherMembers(from: number): void {
    if (from >= this.#stored.size) return;
    let bytesIn = from;
    const inflater = new NativeInflater('gzip', (bytes) => {
      this.#sink(bytes, bytesIn);
    });
    for (let at = from; at < this.#stored.size; ) {
      const wanted = Math.min(this.#chunk.length, this.#toGrid(at));
      const bytes = this.#stored.read(this.#chunk.subarray(0, wanted), at);
      // Zeros behind a member are padding, behind which nothing is read.
      if (at === from && bytes[0] === 0) return;
      bytesIn = Math.min(at + this.#toGrid(at), this.#stored.size);
      inflater.push(bytes);
      at += bytes.length;
    }
    inflater.end();
  }
}

/** A place in the stream from which it can be inflated. */
interface Origin {
  readonly bit: number;
  /** The inflated bytes before it, as far as they may be referred to. */
  readonly window: Buffer;
  /** Number of all inflated bytes before it. */
  readonly inflated: number;
}

/** Returns the last bytes of two pieces, as many as a window has. Reuses the buffer of the first one. */
function lastBytes(before: Buffer, added: Buffer): Buffer {
  if (before.length < windowBytes) return Buffer.from(Buffer.concat([before, added]).subarray(-windowBytes));
  if (added.length >= windowBytes) {
    added.copy(before, 0, added.length - windowBytes);
    return before;
  }
  before.copyWithin(0, added.length);
  added.copy(before, windowBytes - added.length);
  return before;
}
