import { createHash } from 'node:crypto';
import { SharedParts, type StoredRange } from '../../kit/decompress/split/shared-parts.ts';
import { canSplit, SplitGunzip } from '../../kit/decompress/split/split-gunzip.ts';
import { splitPlan } from '../../kit/decompress/split/split-plan.ts';
import { StoredReader } from '../../kit/decompress/split/stored-reader.ts';
import { blockBytes } from '../../kit/tar/header.ts';
import { type Digest, digestAlgorithm } from '../../model/digest.ts';
import type { ImageLayer } from '../image-layer.ts';
import { LayerReader } from './layer-reader.ts';
import type { LayerReadResult, LayerSplit, ReadOptions } from './layer-walk.ts';

const hashChunkBytes = 1024 * 1024;

/** Returns the result that one thread would have. Undefined if the layer cannot be divided. */
export async function readSplit(
  range: StoredRange,
  layer: ImageLayer,
  options: ReadOptions & { readonly split: LayerSplit },
): Promise<LayerReadResult | undefined> {
  const { inflateAhead, bytesMin, plan = splitPlan } = options.split;
  // Without the digest, it depends on the inflated bytes what must be hashed.
  if (layer.compression !== 'gzip' || layer.digest === undefined || range.size < bytesMin) return undefined;
  using stored = new StoredReader(range);
  if (!canSplit(stored)) return undefined;
  const algorithm = digestAlgorithm(layer.digest);
  const parts = new SharedParts(range.size, plan);
  const hashed = inflateAhead({ range, plan, memory: parts.memory, algorithm })
    // The thread may end early, for example for lack of memory. Its work is then done here.
    .catch(() => hashStored(stored, algorithm));
  const reader = new LayerReader(layer, options);
  const head = stored.read(Buffer.alloc(Math.min(blockBytes, range.size)), 0);
  try {
    reader.inflateBy(head, (sink) => {
      new SplitGunzip(stored, parts, plan, sink).run();
    });
  } finally {
    // The file stays open until the second thread does not need it.
    await hashed;
  }
  return reader.endHashed(`${algorithm}:${await hashed}` as Digest);
}

function hashStored(stored: StoredReader, algorithm: string): string {
  const hash = createHash(algorithm);
  stored.hashBetween(hash, 0, stored.size, Buffer.allocUnsafeSlow(hashChunkBytes));
  return hash.digest('hex');
}
