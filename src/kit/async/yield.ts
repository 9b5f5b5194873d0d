import { setImmediate } from 'node:timers/promises';

/** Turns of the event loop. In each, libuv accepts one new connection of every port. */
const turns = 16;

/**
 * Lets other work of the process run, between parts of long work on the main thread. One turn is not enough: of a thousand clients that
 * connect together, the last would wait for a thousand parts.
 */
export async function yieldToOthers(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await setImmediate();
}
