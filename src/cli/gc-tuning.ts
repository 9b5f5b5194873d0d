import { setFlagsFromString } from 'node:v8';

/** Makes V8 collect garbage early. A hostile image produces hundreds of megabytes of it; an ordinary image is not slowed down. */
export function preferSmallHeap(): void {
  setFlagsFromString('--optimize-for-size');
}

/** Limits the young generation for loading feeds. Their millions of short-lived records do not profit from a larger one. */
export function limitYoungGeneration(): void {
  setFlagsFromString('--no-optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Restores V8's defaults. Cached compiled code is valid for these flags only. */
export function resetGcFlags(): void {
  setFlagsFromString('--no-optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=2');
}
