import type { Hash } from 'node:crypto';
import { bytesFromBit } from './begin-at-bit.ts';
import { blockStartCandidates } from './block-start.ts';
import { proveBlockEnd } from './joint-proof.ts';
import { RawEngine, windowBytes } from './raw-engine.ts';
import { type PartState, partStates, type SharedParts } from './shared-parts.ts';
import type { SplitPlan } from './split-plan.ts';
import { StoredHash, type StoredReader } from './stored-reader.ts';
import { UnknownWindow } from './unknown-window.ts';

/** Candidates for the start of a block that are tried for a part. */
const candidatesMax = 200;

const chunkBytes = 256 * 1024;
const outputBytes = 256 * 1024;

/** The work of the second thread: it inflates every other part ahead of the first thread, and hashes all stored bytes. */
export class AheadInflater {
  readonly #stored: StoredReader;
  readonly #parts: SharedParts;
  readonly #plan: SplitPlan;
  readonly #hash: StoredHash | undefined;
  readonly #chunk: Buffer = Buffer.allocUnsafeSlow(chunkBytes);
  readonly #output: Buffer = Buffer.allocUnsafeSlow(outputBytes);

  constructor(stored: StoredReader, parts: SharedParts, plan: SplitPlan, hash?: Hash) {
    this.#stored = stored;
    this.#parts = parts;
    this.#plan = plan;
    this.#hash = hash && new StoredHash(stored, hash);
  }

  run(): void {
    const { partBytes } = this.#plan;
    for (let part = 1; part < this.#parts.count && !this.#parts.isStopped; part += 2) {
      if (!this.#parts.claim(part, partStates.claimed)) continue;
      this.#parts.setState(part, this.#inflatePart(part));
      this.#hash?.hashTo((part + 1) * partBytes, this.#chunk);
    }
    this.#hash?.hashTo(this.#stored.size, this.#chunk);
  }

  /** Inflates a part into the ring. Returns its last state. */
  #inflatePart(part: number): PartState {
    const start = this.#findStart(part);
    if (start === undefined) return partStates.failed;
    const isLast = part + 1 === this.#parts.count;
    const end = isLast ? this.#stored.size * 8 : this.#findStart(part + 1);
    if (end === undefined) return partStates.failed;
    this.#parts.setPosition(part, 'startBit', start);
    this.#parts.setState(part, partStates.started);
    using attempt = new PartAttempt(this.#parts, part, this.#plan, this.#output);
    const isWhole = this.#inflateBetween(attempt, { part, start, end, isLast });
    this.#parts.setPosition(part, 'written', attempt.written);
    if (isWhole) return partStates.done;
    return attempt.finalEngine() === undefined ? partStates.failed : partStates.cut;
  }

  /** Returns whether all of the part was inflated, up to a proven end of a block. */
  #inflateBetween(
    attempt: PartAttempt,
    {
      part,
      start,
      end,
      isLast,
    }: { readonly part: number; readonly start: number; readonly end: number; readonly isLast: boolean },
  ): boolean {
    for (const piece of this.#pieces(start, end)) {
      const state = attempt.push(piece.bytes);
      if (state === 'failed') return false;
      if (state === 'ended') return this.#setEnd(part, piece.end - attempt.unread, true);
      if (piece.end % this.#plan.gridBytes === 0) this.#parts.setMark(part, piece.end, attempt.inflated);
    }
    const engine = attempt.finalEngine();
    if (isLast || engine === undefined) return false;
    const remainder = proveBlockEnd(engine, end, this.#stored.byteAt(end));
    return remainder !== undefined && attempt.write(remainder) && this.#setEnd(part, end, false);
  }

  #setEnd(part: number, end: number, isStreamEnd: boolean): true {
    this.#parts.setPosition(part, 'end', end);
    this.#parts.setPosition(part, 'isStreamEnd', Number(isStreamEnd));
    return true;
  }

  /** Returns the bit of a block that starts soon after the nominal start of a part. Undefined if none seems to. */
  #findStart(part: number): number | undefined {
    const { partBytes, searchBytes, trialBytes } = this.#plan;
    const from = part * partBytes;
    const bytes = this.#stored.read(Buffer.allocUnsafe(searchBytes + trialBytes), from);
    let tried = 0;
    for (const bit of blockStartCandidates(bytes.subarray(0, searchBytes))) {
      if (this.#inflatesFrom(bit, bytes, from + bytes.length === this.#stored.size)) return from * 8 + bit;
      tried++;
      if (tried === candidatesMax) return undefined;
    }
    return undefined;
  }

  /** Returns whether `trialBytes` can be inflated from a bit. At the end of the file, the stream may end. */
  #inflatesFrom(bit: number, bytes: Buffer, isEndOfFile: boolean): boolean {
    const engine = new RawEngine(Buffer.alloc(windowBytes));
    const at = bit >> 3;
    const rest = bytes.subarray(at + 1, at + this.#plan.trialBytes);
    try {
      for (const input of [bytesFromBit(bit, bytes[at] ?? 0), rest]) {
        for (let from = 0; ; ) {
          engine.run(input.subarray(from), this.#output);
          if (engine.failure !== undefined) return false;
          from += engine.read;
          if (engine.written < this.#output.length) {
            if (from < input.length) return isEndOfFile;
            break;
          }
        }
      }
      return true;
    } finally {
      engine.close();
    }
  }

  /** Yields the stored bytes from one bit to the byte of another. Pieces end at the positions of the grid. */
  *#pieces(fromBit: number, toBit: number): Generator<{ readonly bytes: Buffer; readonly end: number }> {
    const { gridBytes } = this.#plan;
    const to = Math.floor(toBit / 8);
    const first = Math.floor(fromBit / 8);
    yield { bytes: bytesFromBit(fromBit % 8, this.#stored.byteAt(fromBit)), end: first + 1 };
    for (let at = first + 1; at < to; ) {
      const end = Math.min(to, at + this.#chunk.length, (Math.floor(at / gridBytes) + 1) * gridBytes);
      yield { bytes: this.#stored.read(this.#chunk.subarray(0, end - at), at), end };
      at = end;
    }
  }
}

/** Inflates one part: until its window is known twice, then once into the ring. */
class PartAttempt implements Disposable {
  readonly #parts: SharedParts;
  readonly #part: number;
  readonly #plan: SplitPlan;
  readonly #output: Buffer;
  readonly #unknown: UnknownWindow = new UnknownWindow();
  /** The engine that goes on when the window is known. */
  #engine: RawEngine | undefined;
  /** Number of inflated bytes. */
  inflated = 0;
  /** Number of bytes in the ring. */
  written = 0;
  /** Stored bytes of the last piece that the stream does not have, if it has ended. */
  unread = 0;

  constructor(parts: SharedParts, part: number, plan: SplitPlan, output: Buffer) {
    this.#parts = parts;
    this.#part = part;
    this.#plan = plan;
    this.#output = output;
  }

  push(bytes: Buffer): 'inflating' | 'ended' | 'failed' {
    const rest = this.#engine === undefined ? this.#pushUnknown(bytes) : bytes;
    if (rest === undefined) return 'failed';
    return this.#engine === undefined ? 'inflating' : this.#pushKnown(this.#engine, rest);
  }

  /** Returns the engine at the end of the part. Undefined if the window never became known. */
  finalEngine(): RawEngine | undefined {
    return this.#engine;
  }

  [Symbol.dispose](): void {
    this.#unknown[Symbol.dispose]();
  }

  /** Returns the bytes that are left when the window is known; empty while it is not. Undefined if it will not be. */
  #pushUnknown(bytes: Buffer): Buffer | undefined {
    const unknown = this.#unknown;
    unknown.push(bytes);
    this.inflated = unknown.inflated;
    if (unknown.hasFailed || unknown.knownAt > this.#plan.unknownBytes) return undefined;
    const rest = bytes.subarray(unknown.read);
    if (!unknown.isKnown) return rest.length === 0 ? rest : undefined;
    const { engine, known } = unknown.take();
    this.#engine = engine;
    this.#parts.setPosition(this.#part, 'knownAt', unknown.knownAt);
    this.#parts.setState(this.#part, partStates.known);
    return known.every((piece) => this.write(piece)) ? rest : undefined;
  }

  #pushKnown(engine: RawEngine, bytes: Buffer): 'inflating' | 'ended' | 'failed' {
    for (let from = 0; ; ) {
      engine.run(bytes.subarray(from), this.#output);
      if (engine.failure !== undefined) return 'failed';
      from += engine.read;
      this.inflated += engine.written;
      if (!this.write(this.#output.subarray(0, engine.written))) return 'failed';
      if (engine.written === this.#output.length) continue;
      this.unread = bytes.length - from;
      return this.unread > 0 ? 'ended' : 'inflating';
    }
  }

  /** Writes inflated bytes into the ring. Returns false if the work was stopped. */
  write(bytes: Buffer): boolean {
    this.written += bytes.length;
    return this.#parts.write(bytes);
  }
}
