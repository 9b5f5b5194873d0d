import { createHash } from 'node:crypto';
import { AheadFrames } from './ahead-frames.ts';
import { AheadInflater } from './ahead-inflater.ts';
import { type SharedMemory, SharedParts, type StoredRange } from './shared-parts.ts';
import type { SplitPlan } from './split-plan.ts';
import { StoredReader } from './stored-reader.ts';

/** A file of which a second thread inflates every other part. */
export interface AheadTask {
  readonly range: StoredRange;
  readonly plan: SplitPlan;
  readonly memory: SharedMemory;
  /** The starts of the parts of a zstd file, see `frameStarts`. Absent for gzip. */
  readonly starts?: readonly (number | undefined)[];
  /** Hash of the stored bytes: `sha256`, `sha512`. */
  readonly algorithm: string;
}

/** Gives a task to a second thread. Resolves with the hash of all stored bytes, in hexadecimal. Rejects if the thread fails. */
export type InflateAhead = (task: AheadTask) => Promise<string>;

/** Does a task on the thread that calls it. Returns the hash of all stored bytes, in hexadecimal. */
export function runAheadTask({ range, plan, memory, starts, algorithm }: AheadTask): string {
  using stored = new StoredReader(range);
  const hash = createHash(algorithm);
  const parts = new SharedParts(range.size, plan, memory);
  if (starts === undefined) new AheadInflater(stored, parts, plan, hash).run();
  else new AheadFrames(stored, { parts, plan, starts }, hash).run();
  return hash.digest('hex');
}
