import type { SharedParts } from './shared-parts.ts';
import type { SplitPlan } from './split-plan.ts';

/** Bytes that are passed on at a time. */
const outputBytes = 256 * 1024;

/** A part that the second thread inflates. */
export interface PassedPart {
  readonly part: number;
  /** Its first stored byte. */
  readonly start: number;
  /** Inflated bytes before the part, and before the first byte of it that is in the ring. */
  readonly inflated: { readonly atStart: number; readonly atRing: number };
}

/**
 * The first thread passes on what the second thread inflates of a part, while it does so. `pass` gets the bytes, and the number of stored
 * bytes that one thread would have read for them.
 */
export function passPart(
  parts: SharedParts,
  { part, start, inflated }: PassedPart,
  { size, plan: { gridBytes, partBytes } }: { readonly size: number; readonly plan: SplitPlan },
  pass: (bytes: Buffer, bytesIn: number) => void,
): void {
  let taken = 0;
  for (let mark = Math.floor((start - part * partBytes) / gridBytes) + 1; ; ) {
    const position = Math.min(part * partBytes + mark * gridBytes, size);
    const bytes = parts.read(part, taken, outputBytes);
    if (bytes.length === 0) return;
    // A mark that was set after the bytes were written counts for later ones.
    const inflatedAtMark = parts.inflatedAt(part, mark);
    const left =
      inflatedAtMark === undefined
        ? bytes.length
        : inflated.atStart + inflatedAtMark - (inflated.atRing + taken);
    if (left <= 0) {
      mark++;
      continue;
    }
    const passed = bytes.subarray(0, Math.min(left, bytes.length));
    pass(passed, position);
    parts.release(passed.length);
    taken += passed.length;
  }
}
