import type { Hash } from 'node:crypto';
import { NativeInflater } from '../native-inflater.ts';
import type { FrameDivision } from './frame-starts.ts';
import { partStates, type SharedParts } from './shared-parts.ts';
import type { SplitPlan } from './split-plan.ts';
import { StoredHash, type StoredReader } from './stored-reader.ts';

const chunkBytes = 256 * 1024;

/**
 * The work of the second thread on a zstd file: it inflates every other part ahead of the first thread, or the only one. It hashes all stored
 * bytes if it has a hash.
 */
export class AheadFrames {
  readonly #stored: StoredReader;
  readonly #parts: SharedParts;
  readonly #plan: SplitPlan;
  readonly #starts: FrameDivision['starts'];
  readonly #firstAhead: FrameDivision['firstAhead'];
  readonly #hash: StoredHash | undefined;
  readonly #chunk: Buffer = Buffer.allocUnsafeSlow(chunkBytes);

  constructor(stored: StoredReader, { parts, plan, starts, firstAhead }: FramedParts, hash?: Hash) {
    this.#stored = stored;
    this.#parts = parts;
    this.#plan = plan;
    this.#starts = starts;
    this.#firstAhead = firstAhead;
    this.#hash = hash && new StoredHash(stored, hash);
  }

  run(): void {
    for (let part: number = this.#firstAhead; part < this.#parts.count && !this.#parts.isStopped; part += 2) {
      const range = rangeOfPart(part, this.#starts, this.#stored.size);
      if (range === undefined || !this.#parts.claim(part, partStates.claimed)) continue;
      const isWhole = this.#inflate(part, range);
      this.#parts.setState(part, isWhole ? partStates.done : partStates.cut);
      this.#hash?.hashTo(range.end, this.#chunk);
    }
    this.#hash?.hashTo(this.#stored.size, this.#chunk);
  }

  /** Inflates a part into the ring. Returns false if the work was stopped, or if it cannot be inflated. */
  #inflate(part: number, { start, end }: PartRange): boolean {
    let written = 0;
    const inflater = new NativeInflater('zstd', (bytes) => {
      if (!this.#parts.write(bytes)) throw new Error('the work was stopped');
      written += bytes.length;
    });
    try {
      for (let at = start; at < end; ) {
        const bytes = this.#stored.read(this.#chunk.subarray(0, this.#pieceBytes(at, end)), at);
        inflater.push(bytes);
        at += bytes.length;
        if (at % this.#plan.gridBytes === 0) this.#parts.setMark(part, at, written);
      }
      if (start < end) inflater.end();
      return true;
    } catch {
      // The first thread inflates the part again, unless it has stopped the work, and reports the error.
      return false;
    } finally {
      this.#parts.setPosition(part, 'written', written);
    }
  }

  /** Pieces end at the positions of the grid. */
  #pieceBytes(at: number, end: number): number {
    return Math.min(this.#chunk.length, end - at, this.#plan.gridBytes - (at % this.#plan.gridBytes));
  }
}

/** The parts of a zstd file, and how it is divided. */
export interface FramedParts extends FrameDivision {
  readonly parts: SharedParts;
}

/** Stored bytes of whole frames. */
export interface PartRange {
  readonly start: number;
  readonly end: number;
}

/** Returns the stored bytes of a part. Undefined if the part or the next one does not begin with a frame. */
export function rangeOfPart(
  part: number,
  starts: readonly (number | undefined)[],
  size: number,
): PartRange | undefined {
  const start = starts[part];
  const end = part + 1 === starts.length ? size : starts[part + 1];
  return start === undefined || end === undefined ? undefined : { start, end };
}
