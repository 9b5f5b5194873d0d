import type { ExtractBucket } from '../../store/layer-extract-store.ts';
import type { Store } from '../../store/store.ts';

/** Identity of the job that removes extracts without a use. */
export const extractRemoval = { name: 'remove extracts', kind: 'extracts', lane: 'maintenance' } as const;

/** Interval of that job, in milliseconds. It looks at every extract. */
export const extractRemovalIntervalMs: number = 24 * 3_600_000;

/** Age from which an extract without a use is removed, in milliseconds: the image of a younger one may not be saved yet. */
const youngMs = 24 * 3_600_000;

const extractsAtATime = 1000;

/** Dependencies of `removeUnusedExtracts`. */
export interface RemoveExtractsDeps {
  readonly store: Pick<Store, 'layerExtracts'>;
  /** Undefined if the settings name none. Extracts in a bucket then stay. */
  readonly bucket: ExtractBucket | undefined;
  readonly now: () => Date;
}

/** Removes the extracts of layers that neither an index nor an image has. Returns their number. Throws if the bucket does not answer. */
export async function removeUnusedExtracts(
  { store, bucket, now }: RemoveExtractsDeps,
  signal: AbortSignal,
): Promise<number> {
  const before = new Date(now().getTime() - youngMs);
  let removed = 0;
  for (let after: string | undefined; ; ) {
    const { unused, next } = await store.layerExtracts.findUnused({ before, after, limit: extractsAtATime });
    for (const { identity, isInBucket } of unused) {
      signal.throwIfAborted();
      if (isInBucket && bucket === undefined) continue;
      // The object first: without its record, it would be kept forever.
      if (isInBucket) await bucket?.remove(identity, signal);
      await store.layerExtracts.remove(identity);
      removed++;
    }
    if (next === undefined) return removed;
    after = next;
  }
}
