import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Case, Measured } from './measure.ts';

/** Time limits of a case. */
export interface Bounds {
  /** CPU milliseconds for each MiB of the run, in addition to `freeMs`. */
  readonly msPerMib: number;
  readonly freeMs: number;
  /** Wall-clock milliseconds after which a case is ended. */
  readonly deadlineMs: number;
}

/** The slowest parser takes a fifth of this. Quadratic work takes a second for 64 KiB. */
export const bounds: Bounds = { msPerMib: 1500, freeMs: 250, deadlineMs: 180_000 };

/** A worker that measures one case after the other. It is replaced if a case does not end. Dispose it to end it. */
export class Judge implements AsyncDisposable {
  readonly #bounds: Bounds;
  #worker: Worker | undefined;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Returns a description of the fault of a case, or undefined if it takes linear time. Measures a slow case twice. */
  async faultOf(wanted: Case): Promise<string | undefined> {
    const { msPerMib, freeMs } = this.#bounds;
    const allowedMs = freeMs + (msPerMib * wanted.characters) / 2 ** 20;
    let measured = await this.#measure(wanted);
    if (measured !== undefined && measured.ms > allowedMs) measured = await this.#measure(wanted);
    if (measured === undefined) return 'it does not end';
    if (measured.fault !== undefined) return measured.fault;
    if (measured.ms <= allowedMs) return undefined;
    return `it takes ${Math.round(measured.ms)} ms, more than the ${Math.round(allowedMs)} ms of linear work`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }

  async #measure(wanted: Case): Promise<Measured | undefined> {
    this.#worker ??= new Worker(new URL('./worker.ts', import.meta.url));
    const worker = this.#worker;
    worker.postMessage(wanted);
    try {
      const [measured] = (await once(worker, 'message', {
        signal: AbortSignal.timeout(this.#bounds.deadlineMs),
      })) as [Measured];
      return measured;
    } catch (error) {
      this.#worker = undefined;
      await worker.terminate();
      if (error instanceof Error && error.name === 'AbortError') return undefined;
      throw error;
    }
  }
}

/** Returns a description of a case, from which it can be run again. */
export function describe({ subject, place, unit, characters }: Case): string {
  return `${subject}: ${characters} characters of ${JSON.stringify(unit)} at ${place}`;
}
