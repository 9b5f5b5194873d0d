import { setFlagsFromString } from 'node:v8';

/** A hostile image makes garbage by the hundred megabytes, which must not wait; an ordinary one makes too little to notice. */
export function preferSmallHeap(): void {
  setFlagsFromString('--optimize-for-size');
}

/** Records are short-lived objects by the million: a large young generation would only take memory. */
export function limitYoungGeneration(): void {
  setFlagsFromString('--no-optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** As V8 does by itself. Compiled code that is kept is for these flags only. */
export function resetGcFlags(): void {
  setFlagsFromString('--no-optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=2');
}
