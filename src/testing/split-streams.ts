import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { compressionOf } from '../kit/decompress/compression.ts';
import { NativeInflater } from '../kit/decompress/native-inflater.ts';
import type { InflateAhead } from '../kit/decompress/split/ahead-task.ts';
import { divideFrames } from '../kit/decompress/split/frame-starts.ts';
import { partStates, SharedParts } from '../kit/decompress/split/shared-parts.ts';
import { SplitFrames } from '../kit/decompress/split/split-frames.ts';
import { canSplit, SplitGunzip } from '../kit/decompress/split/split-gunzip.ts';
import { type SplitPlan, splitPlan } from '../kit/decompress/split/split-plan.ts';
import { StoredReader } from '../kit/decompress/split/stored-reader.ts';

/** Result of reading a gzip or zstd file: its content or an error. */
export interface Inflated {
  readonly bytes: number;
  readonly hash: string;
  readonly error: string | undefined;
  /** For each amount of inflated bytes at which it rose, the number of stored bytes that limits count. */
  readonly ratios: string;
}

/** A plan with parts that are so small that a stream of some hundred kilobytes has many. */
export const tinyPlan: SplitPlan = {
  partBytes: 48 * 1024,
  aheadBytes: 512 * 1024,
  searchBytes: 40 * 1024,
  trialBytes: 8 * 1024,
  unknownBytes: 2 * 1024 * 1024,
  gridBytes: 4 * 1024,
};

class Sum {
  bytes = 0;
  readonly #hash = createHash('sha256');
  readonly #ratios = createHash('sha256');
  #bytesIn = 0;

  readonly add = (bytes: Buffer, bytesIn: number): void => {
    if (bytesIn !== this.#bytesIn) this.#ratios.update(`${this.bytes}:${bytesIn}\n`);
    this.#bytesIn = bytesIn;
    this.bytes += bytes.length;
    this.#hash.update(bytes);
  };

  /** How many bytes come before an error depends on the calls of zlib, so they do not count. */
  result(error: unknown): Inflated {
    if (error instanceof Error) return { bytes: 0, hash: '', error: error.message, ratios: '' };
    return {
      bytes: this.bytes,
      hash: this.#hash.digest('hex'),
      error: undefined,
      ratios: this.#ratios.digest('hex'),
    };
  }
}

/** Inflates a stream on one thread, in pieces of the grid of a plan. */
export function inflateOnOneThread(content: Buffer, { gridBytes }: SplitPlan = splitPlan): Inflated {
  const sum = new Sum();
  let bytesIn = 0;
  const inflater = new NativeInflater(isZstd(content) ? 'zstd' : 'gzip', (bytes) => {
    sum.add(bytes, bytesIn);
  });
  try {
    for (let at = 0; at < content.length; at = bytesIn) {
      bytesIn = Math.min(at + gridBytes, content.length);
      inflater.push(content.subarray(at, bytesIn));
    }
    inflater.end();
    return sum.result(undefined);
  } catch (error) {
    return sum.result(error);
  }
}

/** Inflates a file on two threads. Undefined if it cannot be divided. `done` counts the parts that the second thread inflated. */
export async function inflateOnTwoThreads(
  path: string,
  size: number,
  inflateAhead: InflateAhead,
  givenPlan: SplitPlan = splitPlan,
): Promise<{ readonly inflated: Inflated; readonly done: number; readonly stored: string } | undefined> {
  const range = { path, offset: 0, size };
  using stored = new StoredReader(range);
  const isFramed = isZstd(stored.read(Buffer.alloc(8), 0));
  const frames = isFramed ? divideFrames(stored, givenPlan) : undefined;
  if (frames === undefined && !canSplit(stored)) return undefined;
  const { plan } = frames ?? { plan: givenPlan };
  const parts = new SharedParts(size, plan);
  const task = { range, plan, memory: parts.memory, algorithm: 'sha256' };
  const hashed = inflateAhead(frames === undefined ? task : { ...task, frames });
  const sum = new Sum();
  await secondThreadIsAhead(parts, hashed);
  let error: unknown;
  try {
    if (frames === undefined) new SplitGunzip(stored, parts, plan, sum.add).run();
    else new SplitFrames(stored, { ...frames, parts }, sum.add).run();
  } catch (caught) {
    error = caught;
  }
  const numbers = Array.from({ length: parts.count }, (_, part) => part);
  const done = numbers.filter((part) => parts.stateOf(part) === partStates.done).length;
  return { inflated: sum.result(error), done, stored: await hashed };
}

function isZstd(content: Buffer): boolean {
  return compressionOf(content) === 'zstd';
}

/** Waits until the second thread is well ahead. Otherwise the first one takes all parts of a short stream. */
async function secondThreadIsAhead(parts: SharedParts, hashed: Promise<string>): Promise<void> {
  const ended = new AbortController();
  void hashed.then(() => {
    ended.abort();
  });
  while (!ended.signal.aborted && !parts.isFull) await setImmediate();
}

/** Writes a stream into a file, and inflates that on two threads. */
export async function inflateContent(
  content: Buffer,
  path: string,
  inflateAhead: InflateAhead,
  plan: SplitPlan,
): ReturnType<typeof inflateOnTwoThreads> {
  writeFileSync(path, content);
  return await inflateOnTwoThreads(path, content.length, inflateAhead, plan);
}
