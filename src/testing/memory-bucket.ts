import type { ExtractBucket } from '../store/layer-extract-store.ts';

/** A bucket in memory. */
export interface MemoryBucket extends ExtractBucket {
  readonly objects: Map<string, Uint8Array>;
  /** Number of calls. */
  calls: number;
  /** Whether it answers. */
  isUp: boolean;
}

/** Returns an empty bucket. */
export function memoryBucket(): MemoryBucket {
  const bucket: MemoryBucket = {
    objects: new Map(),
    calls: 0,
    isUp: true,
    read: async (identity) => {
      answer();
      return bucket.objects.get(identity);
    },
    write: async (identity, extract) => {
      answer();
      bucket.objects.set(identity, extract);
    },
    remove: async (identity) => {
      answer();
      bucket.objects.delete(identity);
    },
  };
  const answer = (): void => {
    bucket.calls++;
    if (!bucket.isUp) throw new Error('no connection');
  };
  return bucket;
}
