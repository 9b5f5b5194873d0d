import { limits } from '../../core/limits.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import { bufferView } from '../../kit/bytes/bytes.ts';
import { type LayerRange, planRanges } from './range-plan.ts';

/** Reads exactly this range of a layer as stored. Throws `TableError` if the server does not serve ranges, and `registry-…` errors. */
export type ReadRange = (range: LayerRange) => Promise<Buffer>;

/** A layer as stored, to be read in parts. */
export interface StoredLayer {
  readonly sizeBytes: number;
  readonly readRange: ReadRange;
}

/** Bytes of a layer as stored. */
export interface StoredBytes {
  /** Of the first byte. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Returns the bytes of a range. Undefined if they were not read. */
export function bytesBetween({ offset, end }: LayerRange, read: readonly StoredBytes[]): Buffer | undefined {
  const found = read.find((one) => one.offset <= offset && end <= one.offset + one.bytes.length);
  return found && bufferView(found.bytes).subarray(offset - found.offset, end - found.offset);
}

/** Reads ranges, few at a time. Throws as `ReadRange` does. */
export async function readRanges(
  ranges: readonly LayerRange[],
  { readRange }: StoredLayer,
): Promise<readonly StoredBytes[]> {
  const requests = new Semaphore(limits.partialRequestsAtOnce);
  return await Promise.all(
    ranges.map(async (range) => ({
      offset: range.offset,
      bytes: await requests.run(() => readRange(range)),
    })),
  );
}

/**
 * Reads ranges, and what is between them if that saves requests. Returns undefined if it is so much that the whole layer would not be slower. Throws
 * as `ReadRange` does.
 */
export async function readFewRanges(
  wanted: readonly LayerRange[],
  layer: StoredLayer,
): Promise<readonly StoredBytes[] | undefined> {
  const ranges = planRanges(wanted, {
    gapBytes: limits.partialGapBytes,
    rangesMax: limits.partialRangesPerStep,
  });
  const bytes = ranges.reduce((sum, { offset, end }) => sum + end - offset, 0);
  const bytesMax = Math.min(
    limits.checkpointFetchedBytes,
    (layer.sizeBytes * limits.partialSharePercent) / 100,
  );
  return bytes > bytesMax ? undefined : await readRanges(ranges, layer);
}
