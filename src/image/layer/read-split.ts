import { createHash } from 'node:crypto';
import type { AheadTask, InflateAhead } from '../../kit/decompress/split/ahead-task.ts';
import { divideFrames } from '../../kit/decompress/split/frame-starts.ts';
import { SharedParts, type StoredRange } from '../../kit/decompress/split/shared-parts.ts';
import { SplitFrames } from '../../kit/decompress/split/split-frames.ts';
import { canSplit, SplitGunzip, type SplitSink } from '../../kit/decompress/split/split-gunzip.ts';
import { type SplitPlan, splitPlan } from '../../kit/decompress/split/split-plan.ts';
import { StoredHash, StoredReader } from '../../kit/decompress/split/stored-reader.ts';
import { blockBytes } from '../../kit/tar/header.ts';
import { type Digest, digestAlgorithm } from '../../model/digest.ts';
import type { ImageLayer } from '../image-layer.ts';
import { LayerReader } from './layer-reader.ts';
import type { LayerReadResult, LayerSplit, ReadOptions } from './layer-walk.ts';

const hashChunkBytes = 1024 * 1024;

/** Returns whether a layer can be divided: a gzip or zstd stream on disk with a stated digest. */
export function isDivisible({ place, compression, digest }: ImageLayer): boolean {
  // Without the digest, it depends on the inflated bytes what must be hashed.
  if (place.kind !== 'file' || digest === undefined) return false;
  return compression === 'gzip' || compression === 'zstd';
}

/** Returns the result that one thread would have. Undefined if the layer cannot be divided. */
export async function readSplit(
  layer: ImageLayer,
  options: ReadOptions & { readonly split: LayerSplit },
): Promise<LayerReadResult | undefined> {
  const { place: range, digest, compression } = layer;
  const { inflateAhead, bytesMin, plan = splitPlan } = options.split;
  if (range.kind !== 'file' || range.size < bytesMin || digest === undefined) return undefined;
  if (compression !== 'gzip' && compression !== 'zstd') return undefined;
  using stored = new StoredReader(range);
  const work = divide(stored, range, compression, plan);
  if (work === undefined) return undefined;
  const reader = new LayerReader(layer, options);
  const head = stored.read(Buffer.alloc(Math.min(blockBytes, range.size)), 0);
  const inflate = (run: (sink: SplitSink) => void): void => {
    reader.inflateBy({ head, compression }, run);
  };
  const divided = { stored, work, algorithm: digestAlgorithm(digest), inflateAhead };
  const hash = await inflateOnBoth(divided, inflate);
  return reader.endHashed(`${divided.algorithm}:${hash}` as Digest);
}

/** Returns the work of both threads. Undefined if the stream cannot be divided. */
function divide(
  stored: StoredReader,
  range: StoredRange,
  compression: 'gzip' | 'zstd',
  plan: SplitPlan,
): Divided['work'] | undefined {
  if (compression === 'gzip') return canSplit(stored) ? { range, plan } : undefined;
  const frames = divideFrames(stored, plan);
  return { range, plan: frames.plan, frames };
}

/** A layer that two threads inflate. */
interface Divided {
  readonly stored: StoredReader;
  readonly work: Omit<AheadTask, 'memory' | 'algorithm'>;
  readonly algorithm: string;
  readonly inflateAhead: InflateAhead;
}

/**
 * Inflates on two threads. Returns the hash of the stored bytes in hexadecimal. The second thread hashes them, unless it inflates all, which takes
 * longer than all other work.
 */
async function inflateOnBoth(
  { stored, work, algorithm, inflateAhead }: Divided,
  inflate: (run: (sink: SplitSink) => void) => void,
): Promise<string> {
  const parts = new SharedParts(stored.size, work.plan);
  const isHashedHere = work.frames?.firstAhead === 0;
  const own = new StoredHash(stored, createHash(algorithm));
  const chunk = Buffer.allocUnsafeSlow(hashChunkBytes);
  const ahead = inflateAhead({ ...work, memory: parts.memory, ...(!isHashedHere && { algorithm }) })
    // The thread may end early, for example for lack of memory. Its work is then done here.
    .catch(() => '');
  try {
    inflate((sink) => {
      inflateFirst(stored, parts, work, (bytes, bytesIn) => {
        if (isHashedHere) own.hashTo(bytesIn, chunk);
        sink(bytes, bytesIn);
      });
    });
  } finally {
    // The file stays open until the second thread does not need it.
    await ahead;
  }
  return (await ahead) || own.digest(chunk);
}

/** Does the work of the first thread. */
function inflateFirst(
  stored: StoredReader,
  parts: SharedParts,
  { plan, frames }: Divided['work'],
  sink: SplitSink,
): void {
  if (frames === undefined) new SplitGunzip(stored, parts, plan, sink).run();
  else new SplitFrames(stored, { ...frames, parts, plan }, sink).run();
}
