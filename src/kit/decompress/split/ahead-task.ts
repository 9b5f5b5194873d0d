import { createHash } from 'node:crypto';
import { AheadInflater } from './ahead-inflater.ts';
import { type SharedMemory, SharedParts, type StoredRange } from './shared-parts.ts';
import type { SplitPlan } from './split-plan.ts';
import { StoredReader } from './stored-reader.ts';

/** A gzip file of which a second thread inflates every other part. */
export interface AheadTask {
  readonly range: StoredRange;
  readonly plan: SplitPlan;
  readonly memory: SharedMemory;
  /** Hash of the stored bytes: `sha256`, `sha512`. */
  readonly algorithm: string;
}

/** Gives a task to a second thread. Resolves with the hash of all stored bytes, in hexadecimal. Rejects if the thread fails. */
export type InflateAhead = (task: AheadTask) => Promise<string>;

/** Does a task on the thread that calls it. Returns the hash of all stored bytes, in hexadecimal. */
export function runAheadTask({ range, plan, memory, algorithm }: AheadTask): string {
  using stored = new StoredReader(range);
  const hash = createHash(algorithm);
  new AheadInflater(stored, new SharedParts(range.size, plan, memory), plan, hash).run();
  return hash.digest('hex');
}
