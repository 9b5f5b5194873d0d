import { readSync } from 'node:fs';
import type { TarWalker } from './walker.ts';

/** A range of an open file. */
export interface FileRange {
  readonly file: number;
  readonly offset: number;
  readonly size: number;
}

/** Bytes of a header and the small files after it. Larger windows read more and gain nothing (docs/performance.md). */
const windowBytes = 16 * 1024;

/**
 * Walks a tar archive on disk from header to header, without reading what the walker may skip. Stops early when `isEnough` returns true,
 * and then leaves the walker in the middle. Throws like `TarWalker.push` and `end`.
 */
export function walkBySeeking(
  { file, offset, size }: FileRange,
  walker: TarWalker,
  isEnough: () => boolean = () => false,
): void {
  const window = Buffer.allocUnsafeSlow(windowBytes);
  let at = 0;
  while (at < size && !isEnough()) {
    const ahead = Math.min(walker.skippable, size - at);
    walker.skip(ahead);
    at += ahead;
    const count = readSync(file, window, 0, Math.min(windowBytes, size - at), offset + at);
    // The file has become shorter. The walker detects the missing bytes.
    if (count === 0) break;
    walker.push(window.subarray(0, count));
    at += count;
  }
  if (!isEnough()) walker.end();
}
