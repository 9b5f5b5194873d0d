import { createHash } from 'node:crypto';
import { AheadFrames } from './ahead-frames.ts';
import { AheadInflater } from './ahead-inflater.ts';
import type { FrameDivision } from './frame-starts.ts';
import { type SharedMemory, SharedParts, type StoredRange } from './shared-parts.ts';
import type { SplitPlan } from './split-plan.ts';
import { StoredReader } from './stored-reader.ts';

/** A file of which a second thread inflates every other part. */
export interface AheadTask {
  readonly range: StoredRange;
  readonly plan: SplitPlan;
  readonly memory: SharedMemory;
  /** The parts of a zstd file, see `divideFrames`. Absent for gzip. */
  readonly frames?: Omit<FrameDivision, 'plan'>;
  /** Hash of the stored bytes: `sha256`, `sha512`. Absent if the first thread hashes them. */
  readonly algorithm?: string;
}

/** Gives a task to a second thread. Resolves with the hash of all stored bytes, in hexadecimal; empty without an algorithm. Rejects if the thread fails. */
export type InflateAhead = (task: AheadTask) => Promise<string>;

/** Does a task on the thread that calls it. Returns the hash of all stored bytes, in hexadecimal; empty without an algorithm. */
export function runAheadTask({ range, plan, memory, frames, algorithm }: AheadTask): string {
  using stored = new StoredReader(range);
  const hash = algorithm === undefined ? undefined : createHash(algorithm);
  const parts = new SharedParts(range.size, plan, memory);
  if (frames === undefined) new AheadInflater(stored, parts, plan, hash).run();
  else new AheadFrames(stored, { parts, plan, ...frames }, hash).run();
  return hash?.digest('hex') ?? '';
}
