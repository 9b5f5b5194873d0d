import { createHash } from 'node:crypto';
import { framePlan, frameStarts } from '../../kit/decompress/split/frame-starts.ts';
import { SharedParts } from '../../kit/decompress/split/shared-parts.ts';
import { SplitFrames } from '../../kit/decompress/split/split-frames.ts';
import { canSplit, SplitGunzip, type SplitSink } from '../../kit/decompress/split/split-gunzip.ts';
import { type SplitPlan, splitPlan } from '../../kit/decompress/split/split-plan.ts';
import { StoredReader } from '../../kit/decompress/split/stored-reader.ts';
import { blockBytes } from '../../kit/tar/header.ts';
import { type Digest, digestAlgorithm } from '../../model/digest.ts';
import type { ImageLayer } from '../image-layer.ts';
import { LayerReader } from './layer-reader.ts';
import type { LayerReadResult, LayerSplit, ReadOptions } from './layer-walk.ts';

const hashChunkBytes = 1024 * 1024;

/** Returns whether a layer can be divided: a gzip stream on disk, or a zstd stream of several frames, with a stated digest. */
export function isDivisible({ place, compression, digest }: ImageLayer): boolean {
  // Without the digest, it depends on the inflated bytes what must be hashed.
  if (place.kind !== 'file' || digest === undefined) return false;
  if (compression === 'gzip') return true;
  if (compression !== 'zstd') return false;
  using stored = new StoredReader(place);
  return frameStarts(stored, framePlan(splitPlan), 2)[1] !== undefined;
}

/** Returns the result that one thread would have. Undefined if the layer cannot be divided. */
export async function readSplit(
  layer: ImageLayer,
  options: ReadOptions & { readonly split: LayerSplit },
): Promise<LayerReadResult | undefined> {
  const { place: range, digest, compression } = layer;
  const { inflateAhead, bytesMin, plan: givenPlan = splitPlan } = options.split;
  const plan = compression === 'zstd' ? framePlan(givenPlan) : givenPlan;
  if (range.kind !== 'file' || range.size < bytesMin || digest === undefined) return undefined;
  if (compression !== 'gzip' && compression !== 'zstd') return undefined;
  using stored = new StoredReader(range);
  const starts = compression === 'zstd' ? frameStarts(stored, plan) : undefined;
  if (
    starts === undefined ? !canSplit(stored) : !starts.some((start, part) => part > 0 && start !== undefined)
  )
    return undefined;
  const algorithm = digestAlgorithm(digest);
  const parts = new SharedParts(range.size, plan);
  const hashed = inflateAhead({ range, plan, memory: parts.memory, ...(starts && { starts }), algorithm })
    // The thread may end early, for example for lack of memory. Its work is then done here.
    .catch(() => hashStored(stored, algorithm));
  const reader = new LayerReader(layer, options);
  const head = stored.read(Buffer.alloc(Math.min(blockBytes, range.size)), 0);
  try {
    reader.inflateBy({ head, compression }, (sink) => {
      inflateFirst(stored, { parts, plan, starts }, sink);
    });
  } finally {
    // The file stays open until the second thread does not need it.
    await hashed;
  }
  return reader.endHashed(`${algorithm}:${await hashed}` as Digest);
}

/** Does the work of the first thread. */
function inflateFirst(
  stored: StoredReader,
  {
    parts,
    plan,
    starts,
  }: {
    readonly parts: SharedParts;
    readonly plan: SplitPlan;
    readonly starts: readonly (number | undefined)[] | undefined;
  },
  sink: SplitSink,
): void {
  if (starts === undefined) new SplitGunzip(stored, parts, plan, sink).run();
  else new SplitFrames(stored, { parts, plan, starts }, sink).run();
}

function hashStored(stored: StoredReader, algorithm: string): string {
  const hash = createHash(algorithm);
  stored.hashBetween(hash, 0, stored.size, Buffer.allocUnsafeSlow(hashChunkBytes));
  return hash.digest('hex');
}
