import { ZstdFrames } from '../zstd-frames.ts';
import type { SplitPlan } from './split-plan.ts';
import type { StoredReader } from './stored-reader.ts';

/** Bytes that are read at a time. Most are headers: the bodies of blocks, up to 128 KiB each, are skipped. */
const chunkBytes = 4096;

/** How a zstd file is divided. */
export interface FrameDivision {
  readonly plan: SplitPlan;
  /** For each part where its first frame starts. Undefined if none starts in it. */
  readonly starts: readonly (number | undefined)[];
  /** The second thread inflates this part and every other one behind it. */
  readonly firstAhead: 0 | 1;
}

/**
 * Divides a zstd file between its frames. A frame refers to no other one, and one thread finds the same starts: so they need no proof. A file
 * of one frame is one part: the second thread inflates it, and the first one walks what is inflated.
 */
export function divideFrames(stored: StoredReader, plan: SplitPlan): FrameDivision {
  const { partBytes, gridBytes } = plan;
  const starts: (number | undefined)[] = [0];
  for (const start of framesOf(stored)) starts[Math.floor(start / partBytes)] ??= start;
  const count = Math.ceil(stored.size / partBytes);
  // The first frame of a part may start anywhere in it: frames of parallel compressors have megabytes.
  if (starts.slice(0, count).some((start, part) => part > 0 && start !== undefined)) {
    const all = Array.from({ length: count }, (_, part) => starts[part]);
    return { plan: { ...plan, searchBytes: partBytes }, starts: all, firstAhead: 1 };
  }
  const wholeBytes = Math.ceil(stored.size / gridBytes) * gridBytes;
  return { plan: { ...plan, partBytes: wholeBytes }, starts: [0], firstAhead: 0 };
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
