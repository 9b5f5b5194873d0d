import { ZstdFrames } from '../zstd-frames.ts';
import type { SplitPlan } from './split-plan.ts';
import type { StoredReader } from './stored-reader.ts';

/** Bytes that are read at a time. Most are headers: the bodies of blocks, up to 128 KiB each, are skipped. */
const chunkBytes = 4096;

/** Returns the plan for a zstd file: the first frame of a part may start anywhere in it. Frames of parallel compressors have megabytes. */
export function framePlan(plan: SplitPlan): SplitPlan {
  return { ...plan, searchBytes: plan.partBytes };
}

/**
 * Returns for each part of a zstd file where its first frame starts, if that is soon after the nominal start of the part. A frame refers to
 * no other one, and one thread finds the same starts: so they need no proof. Reads the first `partsMax` parts; all by default.
 */
export function frameStarts(
  stored: StoredReader,
  { partBytes, searchBytes }: SplitPlan,
  partsMax: number = Number.POSITIVE_INFINITY,
): (number | undefined)[] {
  const starts: (number | undefined)[] = [0];
  for (const start of framesOf(stored)) {
    const part = Math.floor(start / partBytes);
    if (part >= partsMax) break;
    if (start - part * partBytes < searchBytes) starts[part] ??= start;
  }
  const count = Math.min(Math.ceil(stored.size / partBytes), partsMax);
  return Array.from({ length: count }, (_, part) => starts[part]);
}

/** Yields the start of each frame behind the first one. */
function* framesOf(stored: StoredReader): Generator<number> {
  const frames = new ZstdFrames();
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let at = 0; at < stored.size; ) {
    for (const { bytes, isLast } of frames.push(stored.read(chunk, at))) {
      at += bytes.length;
      if (isLast) yield at;
    }
    const skipped = frames.bodyBytesLeft;
    at += skipped;
    // The last frame may be cut.
    if (skipped > 0 && frames.skip(skipped) && at <= stored.size) yield at;
  }
}
